import { workerUrl } from './spawn.ts';

/** Where the bundled models are unless told otherwise: beside the library. The development server has them at its root. */
export function defaultBase(): string {
  return new URL(import.meta.env.DEV ? '/models/' : 'models/', workerUrl()).href;
}
