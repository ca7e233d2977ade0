import { VitrineError } from '../lib/index.ts';

/** Aborts a request when its caller does, or when the server is silent for too long. */
export class Watchdog {
  readonly #control = new AbortController();
  readonly #caller: AbortSignal | undefined;
  readonly #timeoutMs: number;
  readonly #server: string;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(timeoutMs: number, server: string, caller: AbortSignal | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#server = server;
    this.#caller = caller;
    if (caller?.aborted) this.#control.abort(this.#aborted());
    caller?.addEventListener('abort', this.#onAbort);
    this.touch();
  }

  get signal(): AbortSignal {
    return this.#control.signal;
  }

  /** The server has sent something. */
  touch(): void {
    clearTimeout(this.#timer);
    if (this.#timeoutMs <= 0) return;
    this.#timer = setTimeout(() => this.#control.abort(this.#stalled()), this.#timeoutMs);
  }

  /** Waits before another attempt; the server's silence does not count meanwhile. */
  async pause(milliseconds: number): Promise<void> {
    clearTimeout(this.#timer);
    const { signal } = this;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      const leave = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
    });
    signal.throwIfAborted();
    this.touch();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#onAbort);
  }

  /** The reason of an error: an abort or a silence if there was one, an error of ours, else what `otherwise` makes of it. */
  explain(error: unknown, otherwise: (error: unknown) => VitrineError): VitrineError {
    if (this.signal.aborted) return this.signal.reason as VitrineError;
    return error instanceof VitrineError ? error : otherwise(error);
  }

  readonly #onAbort = () => this.#control.abort(this.#aborted());

  #aborted(): VitrineError {
    return new VitrineError('aborted', 'The request was aborted.', { cause: this.#caller?.reason });
  }

  #stalled(): VitrineError {
    const seconds = this.#timeoutMs / 1000;
    return new VitrineError(
      'network',
      `${this.#server} sent nothing for ${seconds} s. Try again, or raise timeoutMs.`,
    );
  }
}
