import type { VitrineErrorCode } from '../../lib/index.ts';

/** What went wrong, by error code: the title over the engine's own message. */
export const errorTitles: Record<VitrineErrorCode, string> = {
  'webgpu-unavailable': 'WebGPU is not available',
  'adapter-limit': 'This GPU is too small for the model',
  'shader-compilation': 'This browser cannot compile the GPU code',
  'out-of-memory': 'The GPU ran out of memory',
  'device-lost': 'The connection to the GPU was lost',
  network: 'Could not reach the server',
  'http-status': 'The server refused the request',
  'not-found': 'Model not found',
  gated: 'This model needs an access token, or does not exist',
  integrity: 'A downloaded file is damaged',
  'safetensors-invalid': 'The weights file cannot be read',
  'config-unsupported': 'This kind of model is not supported',
  'config-mismatch': 'The weights do not match their config',
  'tensor-missing': 'The weights are incomplete',
  'tensor-shape': 'A tensor has the wrong shape',
  'tokenizer-mismatch': 'The tokenizer does not belong to this model',
  'tokenizer-missing': 'This model has no tokenizer',
  'unsupported-format': 'This file format is not supported',
  quota: 'The browser’s storage is full',
  'context-overflow': 'The context is full',
  'invalid-argument': 'This setting is not possible',
  aborted: 'Stopped',
  disposed: 'The model was unloaded',
};

/** The same of a model on a server, where the code means something else. */
export const serverErrorTitles: Partial<Record<VitrineErrorCode, string>> = {
  integrity: 'The server’s answer is wrong',
  gated: 'The server refuses the key',
  'config-unsupported': 'The page cannot read this model’s config',
};

export const unknownErrorTitle = 'Something went wrong';

/** Words of the page in place of the engine's, which speaks to programmers. */
export const errorTexts: Partial<Record<VitrineErrorCode, string>> = {
  'context-overflow':
    'The text is as long as this model can read. Let it drop the oldest text and go on, or start from a shorter text.',
};

export const recoveryLabels = {
  retry: 'Try again',
  tiny: 'Use the bundled model',
  cpu: 'Run on the CPU',
  smaller: 'Load with smaller weights (int8)',
  models: 'Choose another model',
  storage: 'Manage stored models',
  token: 'Enter an access token',
  clean: 'Delete the stored files and download again',
  slide: 'Drop the oldest text and continue',
  shorten: 'Undo last run',
  reset: 'Reset the settings',
  reload: 'Reload the page',
  device: 'Show device details',
} as const;

/** What a button under an error does. */
export type RecoveryAction = keyof typeof recoveryLabels;

/** What is wrong with files that were dropped or chosen. */
export const fileProblems = {
  empty: 'This folder is empty.',
};
