import { isAbort, VitrineError, type VitrineErrorCode } from '../../lib/index.ts';
import {
  errorTexts,
  errorTitles,
  type RecoveryAction,
  serverErrorTitles,
  unknownErrorTitle,
} from '../messages/index.ts';
import type { LoadRequest, PageError } from './types.ts';

export interface ErrorView {
  title: string;
  text: string;
  actions: readonly RecoveryAction[];
}

const otherModel: readonly RecoveryAction[] = ['models', 'tiny'];

const recovery: Record<VitrineErrorCode, readonly RecoveryAction[]> = {
  'webgpu-unavailable': ['cpu', 'retry'],
  'adapter-limit': ['smaller', 'models', 'device'],
  'shader-compilation': ['cpu', 'device', 'reload'],
  'out-of-memory': ['smaller', 'tiny', 'models'],
  'device-lost': ['retry', 'tiny', 'reload'],
  network: ['retry', 'models', 'tiny'],
  'http-status': ['retry', 'models', 'tiny'],
  'not-found': otherModel,
  gated: ['token', 'models', 'tiny'],
  integrity: ['clean', 'retry', 'tiny'],
  'safetensors-invalid': ['models', 'clean', 'tiny'],
  'config-unsupported': otherModel,
  'config-mismatch': otherModel,
  'tensor-missing': otherModel,
  'tensor-shape': otherModel,
  'tokenizer-mismatch': otherModel,
  'tokenizer-missing': otherModel,
  'unsupported-format': otherModel,
  quota: ['storage', 'retry', 'tiny'],
  'context-overflow': ['slide', 'shorten'],
  'invalid-argument': ['reset', 'shorten'],
  aborted: ['retry'],
  disposed: ['retry', 'tiny'],
};

/** Actions that make sense for this request: files on the device are not stored, so there is nothing to delete. */
function fits(action: RecoveryAction, error: PageError, request: LoadRequest | null): boolean {
  if (action === 'smaller') return error.dtype !== null;
  if (action === 'clean') return request?.kind === 'hub' || request?.kind === 'folder';
  if (action === 'tiny') return !error.modelKept;
  return true;
}

/** How the page shows an error: every contract code has a title and next steps of its own. */
export function errorView(error: PageError, request: LoadRequest | null): ErrorView {
  const { code } = error;
  const actions = code ? recovery[code] : (['retry', 'tiny', 'reload'] as const);
  const onServer = (error.failed ?? request)?.kind === 'server';
  return {
    title: (code && ((onServer && serverErrorTitles[code]) || errorTitles[code])) || unknownErrorTitle,
    text: (error.during === 'generate' && code && errorTexts[code]) || error.message,
    actions: actions.filter((action) => fits(action, error, request)),
  };
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
