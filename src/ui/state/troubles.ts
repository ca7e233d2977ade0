import { isAbort, VitrineError, type VitrineErrorCode } from '../../lib/index.ts';
import type { PageError } from './types.ts';

/** What a button under an error does. */
export type Remedy =
  | 'retry'
  | 'tiny'
  | 'cpu'
  | 'smaller'
  | 'models'
  | 'storage'
  | 'token'
  | 'clean'
  | 'slide'
  | 'shorten'
  | 'reset'
  | 'reload'
  | 'device';

export const remedyLabels: Record<Remedy, string> = {
  retry: 'Try again',
  tiny: 'Use the bundled model',
  cpu: 'Run on the CPU',
  smaller: 'Load with smaller weights (int8)',
  models: 'Choose another model',
  storage: 'Manage stored models',
  token: 'Enter an access token',
  clean: 'Delete what is stored and download again',
  slide: 'Let the oldest words slide out and go on',
  shorten: 'Go back one step',
  reset: 'Reset the settings',
  reload: 'Reload the page',
  device: 'Look at the device',
};

interface Trouble {
  title: string;
  remedies: readonly Remedy[];
}

const troubles: Record<VitrineErrorCode, Trouble> = {
  'webgpu-unavailable': { title: 'WebGPU cannot be used here', remedies: ['cpu', 'retry'] },
  'adapter-limit': {
    title: 'This GPU is too small for the model',
    remedies: ['smaller', 'models', 'device'],
  },
  'shader-compilation': {
    title: 'This browser cannot compile the GPU code',
    remedies: ['cpu', 'device', 'reload'],
  },
  'out-of-memory': { title: 'The GPU ran out of memory', remedies: ['smaller', 'tiny', 'models'] },
  'device-lost': { title: 'The GPU went away', remedies: ['retry', 'tiny', 'reload'] },
  network: { title: 'The download was interrupted', remedies: ['retry', 'tiny'] },
  'http-status': { title: 'The server refused', remedies: ['retry', 'models', 'tiny'] },
  'not-found': { title: 'There is no such model', remedies: ['models', 'tiny'] },
  gated: { title: 'This model is not open to everyone, or not there', remedies: ['token', 'models', 'tiny'] },
  integrity: { title: 'The file is not what it should be', remedies: ['clean', 'retry', 'tiny'] },
  'safetensors-invalid': { title: 'The weights file cannot be read', remedies: ['models', 'clean', 'tiny'] },
  'config-unsupported': { title: 'This is not a model Vitrine can show', remedies: ['models', 'tiny'] },
  'config-mismatch': { title: 'The weights do not match their config', remedies: ['models', 'tiny'] },
  'tensor-missing': { title: 'A part of the model is missing', remedies: ['models', 'tiny'] },
  'tensor-shape': { title: 'A part of the model has the wrong shape', remedies: ['models', 'tiny'] },
  'tokenizer-mismatch': { title: 'Tokenizer and model do not belong together', remedies: ['models', 'tiny'] },
  'unsupported-format': { title: 'These files are in another format', remedies: ['models', 'tiny'] },
  quota: { title: 'The browser has no room left', remedies: ['storage', 'retry', 'tiny'] },
  'context-overflow': { title: 'The text fills the model’s whole window', remedies: ['slide', 'shorten'] },
  'invalid-argument': { title: 'That does not work', remedies: ['reset', 'shorten'] },
  aborted: { title: 'Stopped', remedies: ['retry'] },
  disposed: { title: 'The model was put away', remedies: ['retry', 'tiny'] },
};

const unknownTrouble: Trouble = { title: 'Something went wrong', remedies: ['retry', 'tiny', 'reload'] };

/** Title and next steps for a code; every contract code has its own. */
export function troubleOf(code: VitrineErrorCode | null): Trouble {
  return (code && troubles[code]) || unknownTrouble;
}

/** Anything thrown, as the page shows it. Null for an abort, which is no error. */
export function toPageError(error: unknown, during: PageError['during']): PageError | null {
  if (isAbort(error)) return null;
  const code = error instanceof VitrineError ? error.code : null;
  const message = error instanceof Error ? error.message : String(error);
  if (code !== 'out-of-memory' || during !== 'load') return { code, message, during };
  const dtype = error instanceof VitrineError ? ((error.dtype as PageError['dtype']) ?? null) : null;
  return { code, message, during, dtype };
}
