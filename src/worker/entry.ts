import { serve } from './serve.ts';

/** The worker itself. */
serve();
