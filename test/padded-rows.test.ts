import { describe } from 'vitest';
import { testPaddedRows } from './support/padded-checks.ts';

describe('rows without a token, on the CPU', () => testPaddedRows('cpu'));
