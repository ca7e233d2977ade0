import { isAbort, VitrineError, type VitrineErrorCode } from '../lib/index.ts';

/** The body of an error, as servers send it. */
export interface ErrorBody {
  message: string;
  type: 'invalid_request_error' | 'server_error';
  param: string | null;
  code: string | null;
}

/** An error as the OpenAI client throws it. `cause` is the library's error, where there is one. */
export class APIError extends Error {
  override readonly name: string = 'APIError';
  /** HTTP status of the answer. */
  readonly status: number | undefined;
  readonly error: ErrorBody;

  constructor(status: number | undefined, error: ErrorBody, options?: { cause?: unknown }) {
    super(error.message, options);
    this.status = status;
    this.error = error;
  }

  get type(): string {
    return this.error.type;
  }

  get param(): string | null {
    return this.error.param;
  }

  get code(): string | null {
    return this.error.code;
  }
}

/** Thrown by a completion that its caller aborted. */
export class APIUserAbortError extends APIError {
  override readonly name = 'APIUserAbortError';

  constructor(options?: { cause?: unknown }) {
    const message = 'Request was aborted.';
    super(undefined, { message, type: 'invalid_request_error', param: null, code: null }, options);
  }
}

/** A request that is refused because of one of its parameters. */
export function badRequest(message: string, param: string | null, cause?: unknown): APIError {
  return new APIError(400, { message, type: 'invalid_request_error', param, code: null }, { cause });
}

/** Errors of the library that are the request's fault, with status and code of OpenAI's answer. */
const requestErrors: Partial<Record<VitrineErrorCode, { status: number; code: string | null }>> = {
  'invalid-argument': { status: 400, code: null },
  'context-overflow': { status: 400, code: 'context_length_exceeded' },
  'tokenizer-missing': { status: 400, code: 'tokenizer_missing' },
  'not-found': { status: 404, code: 'model_not_found' },
};

/** Anything thrown by the library as an {@link APIError}. */
export function toApiError(error: unknown): APIError {
  if (error instanceof APIError) return error;
  if (isAbort(error)) return new APIUserAbortError({ cause: error });
  const code = error instanceof VitrineError ? error.code : undefined;
  const found = code && requestErrors[code];
  const message = error instanceof Error ? error.message : String(error);
  if (found) {
    const body = { message, type: 'invalid_request_error', param: null, code: found.code } as const;
    return new APIError(found.status, body, { cause: error });
  }
  const body = {
    message,
    type: 'server_error',
    param: null,
    code: code?.replaceAll('-', '_') ?? null,
  } as const;
  return new APIError(code === 'disposed' ? 503 : 500, body, { cause: error });
}
