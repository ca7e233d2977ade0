/** Stable names of all failures. Applications may switch on them. */
export const errorCodes = [
  'webgpu-unavailable',
  'adapter-limit',
  'shader-compilation',
  'out-of-memory',
  'device-lost',
  'network',
  'http-status',
  'not-found',
  'gated',
  'integrity',
  'safetensors-invalid',
  'config-unsupported',
  'config-mismatch',
  'tensor-missing',
  'tensor-shape',
  'tokenizer-mismatch',
  'tokenizer-missing',
  'unsupported-format',
  'quota',
  'context-overflow',
  'invalid-argument',
  'aborted',
  'disposed',
] as const;

export type VitrineErrorCode = (typeof errorCodes)[number];

/** The library's error class. `message` names the offending thing and the next step. */
export class VitrineError extends Error {
  override readonly name = 'VitrineError';
  readonly code: VitrineErrorCode;
  /** Of `out-of-memory` while loading: the largest dtype that needs less, if there is one. */
  declare readonly dtype?: string;

  constructor(code: VitrineErrorCode, message: string, options?: { cause?: unknown; dtype?: string }) {
    super(message, options);
    this.code = code;
    if (options?.dtype !== undefined) this.dtype = options.dtype;
  }
}

/** An error as plain data, which can cross a worker or frame boundary. */
export interface ErrorRecord {
  code: VitrineErrorCode | null;
  name: string;
  message: string;
  dtype?: string;
  stack?: string;
  cause?: ErrorRecord;
}

const maxCauseDepth = 4;

/** Converts anything thrown into an {@link ErrorRecord}, with its code, and its causes up to a small depth. */
export function toErrorRecord(error: unknown, depth = 0): ErrorRecord {
  if (!(error instanceof Error)) return { code: null, name: 'Error', message: String(error) };
  const record: ErrorRecord = {
    code: error instanceof VitrineError ? error.code : null,
    name: error.name,
    message: error.message,
    stack: error.stack,
  };
  if (error instanceof VitrineError && error.dtype !== undefined) record.dtype = error.dtype;
  if (error.cause !== undefined && depth < maxCauseDepth)
    record.cause = toErrorRecord(error.cause, depth + 1);
  return record;
}

/** The inverse of {@link toErrorRecord}; restores `VitrineError`s. */
export function fromErrorRecord(record: ErrorRecord): Error {
  const { dtype } = record;
  const options = { ...(record.cause && { cause: fromErrorRecord(record.cause) }), dtype };
  const error = record.code
    ? new VitrineError(record.code, record.message, options)
    : Object.assign(new Error(record.message, options), { name: record.name });
  if (record.stack) error.stack = record.stack;
  return error;
}

/** True for an abort, whether ours or the platform's `AbortError`. */
export function isAbort(error: unknown): boolean {
  if (error instanceof VitrineError) return error.code === 'aborted';
  return error instanceof Error && error.name === 'AbortError';
}

/** @throws VitrineError `aborted` if the signal was aborted */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new VitrineError('aborted', `${what} was aborted.`, { cause: signal.reason });
}
