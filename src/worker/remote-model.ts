import type {
  AdapterSummary,
  GeneratedToken,
  GenerateOptions,
  GPT2Config,
  Inspection,
  InspectOptions,
  Model,
  ModelStats,
  Score,
} from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { Caller } from './caller.ts';
import type { ModelRecord } from './protocol.ts';

/** A model in the worker. Only what is synchronous lives here: the tokenizer, and the last statistics heard. */
export class RemoteModel implements Model {
  readonly id: string;
  readonly revision: string;
  readonly config: GPT2Config;
  dtype: string;
  adapter: AdapterSummary;
  private readonly number: number;
  private last: ModelStats;
  private disposed = false;

  constructor(
    private readonly caller: Caller,
    record: ModelRecord,
    private readonly tokenizer: Tokenizer,
  ) {
    this.id = record.id;
    this.revision = record.revision;
    this.config = record.config;
    this.dtype = record.dtype;
    this.adapter = record.adapter;
    this.number = record.model;
    this.last = record.stats;
    caller.standing.set(this.number, ({ dtype, adapter }) => {
      this.dtype = dtype;
      this.adapter = adapter;
    });
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  decode(ids: number[]): string {
    return this.tokenizer.decode(ids);
  }

  logits(ids: number[]): Promise<Float32Array> {
    return this.asking('logits', { model: this.number, ids });
  }

  score(textOrIds: string | number[]): Promise<Score> {
    return this.asking('score', { model: this.number, textOrIds });
  }

  inspect(textOrIds: string | number[], what: InspectOptions): Promise<Inspection> {
    return this.asking('inspect', { model: this.number, textOrIds, what });
  }

  private async asking<Name extends 'logits' | 'score' | 'inspect'>(
    name: Name,
    args: Parameters<typeof Caller.prototype.call<Name>>[1],
  ) {
    this.check();
    return this.caller.call(name, args, { onStats: (stats) => this.learn(stats) });
  }

  async *generate(prompt: string | number[], options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.check();
    const { signal, assistantModel, ...sent } = { ...options };
    const assistant = this.numberOf(assistantModel);
    const queue: GeneratedToken[] = [];
    let wake = () => {};
    let call = 0;
    let ended = false;
    let failure: unknown;
    const done = this.caller.call(
      'generate',
      { model: this.number, prompt, options: sent, assistant },
      {
        signal,
        onNumber: (number) => {
          call = number;
        },
        onStats: (stats) => this.learn(stats),
        onTokens: (tokens) => {
          queue.push(...tokens);
          wake();
        },
      },
    );
    done
      .catch((error) => {
        failure = error;
      })
      .finally(() => {
        ended = true;
        wake();
      });
    try {
      for (;;) {
        const token = queue.shift();
        if (token) {
          yield token;
          this.caller.send({ type: 'credit', call, tokens: 1 });
        } else if (ended) {
          if (failure !== undefined) throw failure;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      if (!ended) this.caller.send({ type: 'abort', call, kind: 'return' });
    }
  }

  stats(): ModelStats {
    return { ...this.last };
  }

  private learn(stats: ModelStats): void {
    this.last = stats;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.caller.standing.delete(this.number);
    this.last = { ...this.last, gpuBytes: 0 };
    this.caller.send({ type: 'dispose', model: this.number });
  }

  /** What the worker calls the model that is to assist. */
  private numberOf(model: Model | undefined): number | undefined {
    if (model === undefined) return undefined;
    if (!(model instanceof RemoteModel) || model.caller !== this.caller)
      throw new VitrineError(
        'invalid-argument',
        'assistantModel must be another model, loaded with the same worker setting as this one.',
      );
    model.check();
    return model.number;
  }

  private check(): void {
    if (this.disposed) throw new VitrineError('disposed', 'The model was disposed. Load it again.');
  }
}
