import type { CreateTokenizer, GeneratedToken, LoadProgress, ModelStats } from '../engine/index.ts';
import { fromErrorRecord, VitrineError } from '../lib/index.ts';
import type { CallMessage, CallName, Calls, Port, Request, Response } from './protocol.ts';

export interface CallOptions {
  signal?: AbortSignal;
  onProgress?(progress: LoadProgress): void;
  /** Called during a load. */
  createTokenizer?: CreateTokenizer;
  onTokens?(tokens: GeneratedToken[]): void;
  onStats?(stats: ModelStats): void;
  /** Called with the number of the call before it is sent. */
  onNumber?(call: number): void;
}

interface Pending extends CallOptions {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** The client's side of the channel: makes calls and resolves them with their answers. */
export class Caller {
  private readonly pending = new Map<number, Pending>();
  private next = 1;
  private broken: Error | undefined;
  private heard = false;

  constructor(private readonly port: Port<Request, Response>) {
    port.listen((message) => this.take(message));
  }

  call<Name extends CallName>(
    name: Name,
    args: Calls[Name]['args'],
    options: CallOptions = {},
  ): Promise<Calls[Name]['result']> {
    if (this.broken) return Promise.reject(this.broken);
    const { signal } = options;
    if (signal?.aborted)
      return Promise.reject(new VitrineError('aborted', 'The call was aborted.', { cause: signal.reason }));
    const call = this.next++;
    options.onNumber?.(call);
    const abort = () => this.send({ type: 'abort', call, kind: 'abort' });
    signal?.addEventListener('abort', abort, { once: true });
    const answer = new Promise<Calls[Name]['result']>((resolve, reject) => {
      this.pending.set(call, { ...options, resolve: resolve as Pending['resolve'], reject });
      try {
        this.send({ type: 'call', call, name, args } as CallMessage);
      } catch (cause) {
        this.pending.delete(call);
        reject(
          new VitrineError('invalid-argument', `An argument of ${name} cannot be sent to the worker.`, {
            cause,
          }),
        );
      }
    });
    return answer.finally(() => signal?.removeEventListener('abort', abort));
  }

  send(request: Request): void {
    this.port.post(request);
  }

  /** Fails every call, now and later: the other side is gone. */
  fail(error: Error): void {
    this.broken = error;
    for (const { reject } of this.pending.values()) reject(error);
    this.pending.clear();
  }

  /** True when the other side ended before it sent anything: it never started. */
  get neverResponded(): boolean {
    return this.broken !== undefined && !this.heard;
  }

  private take(message: Response): void {
    this.heard = true;
    const pending = this.pending.get(message.call);
    if (!pending) return;
    switch (message.type) {
      case 'progress':
        pending.onProgress?.(message.progress);
        return;
      case 'tokenizer':
        void this.createTokenizer(message, pending);
        return;
      case 'tokens':
        pending.onStats?.(message.stats);
        pending.onTokens?.(message.tokens);
        return;
      case 'result':
        if (message.stats) pending.onStats?.(message.stats);
        this.pending.delete(message.call);
        pending.resolve(message.value);
        return;
      case 'error':
        this.pending.delete(message.call);
        pending.reject(fromErrorRecord(message.error));
    }
  }

  /** Creates the tokenizer for a load. If that fails, so does the load, and the host's part of it is aborted. */
  private async createTokenizer(
    { call, files, vocabSize }: Extract<Response, { type: 'tokenizer' }>,
    pending: Pending,
  ): Promise<void> {
    try {
      const facts = await pending.createTokenizer?.(files, vocabSize);
      if (facts) this.send({ type: 'tokenizer', call, facts });
    } catch (error) {
      this.pending.delete(call);
      pending.reject(error as Error);
      this.send({ type: 'abort', call, kind: 'abort' });
    }
  }
}
