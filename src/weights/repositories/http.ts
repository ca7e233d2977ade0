import { VitrineError } from '../../lib/index.ts';
import type { TransportOptions } from '../types.ts';
import { longestWaitMs } from './transport-options.ts';

const silentAttempts = 3;

/** A retryable failure, such as a dropped connection or a busy server. Never leaves this folder. */
export class TransientError extends Error {
  readonly retryAfterMs: number | undefined;
  readonly status: number | undefined;
  constructor(message: string, options: { retryAfterMs?: number; status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.status = options.status;
  }
}

export interface HttpOptions {
  settings: TransportOptions;
  signal?: AbortSignal;
  /** Sent in a header, only to this origin. */
  auth?: { origin: string; token: string };
}

export interface GetOptions {
  /** First and last byte wanted, both included. */
  range?: [first: number, last: number];
  accept?: string;
  method?: 'GET' | 'HEAD';
  signal?: AbortSignal;
}

/** Common request policy: no cross-origin cookies, no HTTP cache, timeouts, retries. */
export class Http {
  readonly settings: TransportOptions;
  readonly signal: AbortSignal | undefined;
  readonly #auth: HttpOptions['auth'];

  constructor(options: HttpOptions) {
    this.settings = options.settings;
    this.signal = options.signal;
    this.#auth = options.auth;
  }

  /** Copy with another retry limit. */
  withAttempts(attempts: number | undefined): Http {
    if (attempts === undefined) return this;
    return new Http({ settings: { ...this.settings, attempts }, signal: this.signal, auth: this.#auth });
  }

  /** Copy that is also aborted by another signal. */
  child(signal: AbortSignal | undefined): Http {
    if (!signal) return this;
    const both = this.signal ? AbortSignal.any([this.signal, signal]) : signal;
    return new Http({ settings: this.settings, signal: both, auth: this.#auth });
  }

  /** One request, answered 200 or 206. Throws {@link TransientError} or a VitrineError. */
  async get(url: string, options: GetOptions = {}): Promise<Response> {
    const headers: Record<string, string> = {};
    if (options.range) headers.Range = `bytes=${options.range[0]}-${options.range[1]}`;
    if (options.accept) headers.Accept = options.accept;
    if (this.#auth && new URL(url).origin === this.#auth.origin)
      headers.Authorization = `Bearer ${this.#auth.token}`;
    const signals = [this.signal, options.signal].filter((signal) => signal !== undefined);
    signals[0]?.throwIfAborted();
    const stall = new AbortController();
    const answer = fetch(url, {
      method: options.method ?? 'GET',
      headers,
      // The HTTP cache would keep a second copy of the weights and rewrite our ranges.
      cache: 'no-store',
      referrerPolicy: 'no-referrer',
      signal: AbortSignal.any([stall.signal, ...signals]),
    });
    const response = await this.timed(answer, url, () => stall.abort()).catch((error: unknown) => {
      this.throwIfAborted();
      if (error instanceof TransientError || options.signal?.aborted) throw error;
      throw new TransientError(`no answer from ${redactUrl(url)}`, { cause: error });
    });
    if (response.ok) return response;
    await response.body?.cancel().catch(() => undefined);
    throw refusal(url, response);
  }

  /** Rejects when the promise takes longer than the stall timeout. */
  async timed<T>(promise: Promise<T>, url: string, onStall: () => void): Promise<T> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new TransientError(`nothing came from ${redactUrl(url)} for ${this.settings.stallMs / 1000} s`),
        );
        onStall();
      }, this.settings.stallMs);
    });
    try {
      return await Promise.race([promise, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Retries a task with growing delays while it fails with {@link TransientError}. */
  async retry<T>(what: string, task: () => Promise<T>, attempts = this.settings.attempts): Promise<T> {
    for (let failures = 0; ; failures++) {
      this.throwIfAborted();
      try {
        return await task();
      } catch (error) {
        this.throwIfAborted();
        if (!(error instanceof TransientError)) throw error;
        // No response at all is usually a CORS failure.
        const most = error.status === undefined ? Math.min(attempts, silentAttempts) : attempts;
        if (failures + 1 >= most) throw giveUp(what, error, most);
        await this.pause(failures, error);
      }
    }
  }

  /** Delay before the next try: exponential with jitter, or the server's Retry-After. */
  async pause(failures: number, error: TransientError): Promise<void> {
    const base = this.settings.backoffMs * 2 ** Math.min(failures, 10);
    const wait = Math.max(base * (0.5 + Math.random()), error.retryAfterMs ?? 0);
    await sleep(Math.min(wait, longestWaitMs), this.signal);
  }

  /** Throws `aborted` when the load was cancelled. */
  throwIfAborted(): void {
    if (this.signal?.aborted) throw aborted(this.signal);
  }
}

/** The error of a cancelled load. */
export function aborted(signal: AbortSignal): VitrineError {
  if (signal.reason instanceof VitrineError) return signal.reason;
  return new VitrineError(
    'aborted',
    'Loading was cancelled. Stored data is kept, so loading can resume later.',
    {
      cause: signal.reason,
    },
  );
}

/** Error after all tries have failed. */
export function giveUp(what: string, error: TransientError, attempts: number): VitrineError {
  const next =
    error.status === undefined
      ? 'Check the connection, and that the server lets this page read it (CORS); then load again: what has arrived is kept.'
      : 'Load again later: what has arrived is kept.';
  const message = `Could not get ${what}: ${error.message} (tried ${attempts} times). ${next}`;
  return new VitrineError(error.status ? 'http-status' : 'network', message, { cause: error });
}

const absentFiles = new WeakSet<Error>();

/** True when a file is missing from a repository that may exist. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && absentFiles.has(error);
}

interface HubWord {
  code: 'not-found' | 'gated';
  says: string;
  /** One file is missing, not the repository. */
  absent?: boolean;
}

/** Meaning of the hub's X-Error-Code header. */
const hubWords: ReadonlyMap<string, HubWord> = new Map<string, HubWord>([
  [
    'RepoNotFound',
    {
      code: 'not-found',
      says: 'there is no such repository, or it is private. Check the name; a private one needs an access token.',
    },
  ],
  [
    'GatedRepo',
    {
      code: 'gated',
      says: "the repository is gated. Accept the terms on the model's page and give an access token.",
    },
  ],
  [
    'RevisionNotFound',
    { code: 'not-found', says: 'the repository has no such revision. Check the branch, tag or commit.' },
  ],
  [
    'EntryNotFound',
    { code: 'not-found', says: 'the repository has no such file. Check its list of files.', absent: true },
  ],
]);

function refusal(url: string, response: Response): Error {
  const { status } = response;
  const what = redactUrl(url);
  // A signed URL behind a redirect may have expired; the next try gets a new one.
  const signed = response.redirected && (status === 401 || status === 403 || status === 410);
  if (signed || status === 408 || status === 425 || status === 429 || status >= 500)
    return new TransientError(`${what} answered ${status}`, { status, retryAfterMs: retryAfter(response) });
  const hint = response.headers.get('x-error-message') ?? '';
  // The hub also answers 401 for missing repositories; X-Error-Code distinguishes the two.
  const word = hubWords.get(response.headers.get('x-error-code') ?? '');
  if (word) {
    const error = new VitrineError(word.code, `${what}: ${word.says} ${hint}`.trim());
    if (word.absent) absentFiles.add(error);
    return error;
  }
  if (status === 404) {
    const text = `${what} does not exist (404). Check the name and the revision. ${hint}`.trim();
    const error = new VitrineError('not-found', text);
    absentFiles.add(error);
    return error;
  }
  if (status === 401 || status === 403)
    return new VitrineError(
      'gated',
      `${what} answered ${status}: it does not exist, is private, or asks for its terms to be accepted. Check the name; accept the terms on the model's page and give an access token. ${hint}`.trim(),
    );
  if (status === 416 && response.headers.get('content-range') === 'bytes */0')
    return new VitrineError(
      'unsupported-format',
      `${what} is empty. Download it again, or use another copy.`,
    );
  if (status === 416)
    return new VitrineError(
      'integrity',
      `${what} is shorter than declared: the file has changed. Load it again.`,
    );
  return new VitrineError('http-status', `${what}: unexpected HTTP status ${status}. ${hint}`.trim());
}

function retryAfter(response: Response): number | undefined {
  const text = response.headers.get('retry-after');
  if (!text) return undefined;
  const seconds = Number(text);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** A URL safe to display: without the query, which may hold signatures. */
export function redactUrl(url: string): string {
  return url.replace(/[?#].*$/, '');
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      if (signal) reject(aborted(signal));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
