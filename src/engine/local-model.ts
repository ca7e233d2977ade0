import {
  type GeneratedToken,
  type GenerationContext,
  generate,
  RuntimeLock,
  type Score,
  scoreIds,
} from '../generation/index.ts';
import { type Inspection, type InspectOptions, inspectIds, resolveInspectOptions } from '../inside/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { GPT2Config } from '../model/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { AdapterSummary } from './adapter.ts';
import type { GenerateOptions, Model, ModelStats } from './model.ts';
import { disposedError, type Session } from './session.ts';

/** The model of this thread. */
export class LocalModel implements Model {
  private readonly context: GenerationContext;
  private disposed = false;

  constructor(
    readonly id: string,
    readonly revision: string,
    readonly config: GPT2Config,
    private readonly tokenizer: Tokenizer,
    private readonly session: Session,
  ) {
    this.context = { session, tokenizer, lock: new RuntimeLock() };
  }

  get dtype(): string {
    return this.session.current.dtype;
  }

  get adapter(): AdapterSummary {
    return this.session.current.adapter;
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  decode(ids: number[]): string {
    return this.tokenizer.decode(ids);
  }

  async logits(ids: number[]): Promise<Float32Array> {
    const checked = this.checkIds(ids, this.session.runtime.contextLength);
    return this.locked(async () => {
      await this.session.cache.prefillTo(0, checked);
      return this.session.runtime.logits(0);
    });
  }

  async score(textOrIds: string | number[]): Promise<Score> {
    const ids = this.idsOf(textOrIds);
    return this.locked(() => scoreIds(this.session, ids));
  }

  async *generate(prompt: string | number[], options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.check();
    try {
      const { assistantModel, ...own } = options;
      const assistant = this.assistantContext(assistantModel);
      yield* generate(this.context, this.idsOf(prompt), own, assistant);
    } catch (error) {
      throw this.disposed ? disposedError() : error;
    }
  }

  async inspect(textOrIds: string | number[], what: InspectOptions): Promise<Inspection> {
    const options = resolveInspectOptions(what);
    const ids = this.checkIds(this.idsOf(textOrIds), this.session.runtime.contextLength);
    return this.locked(() => {
      this.session.cache.setContent(0);
      return inspectIds(this.session.runtime, this.tokenizer, ids, options);
    });
  }

  stats(): ModelStats {
    const { gpuBytes, dispatchesPerToken, submitsPerToken } = this.session.runtime.stats();
    return { gpuBytes, ...this.session.times, dispatchesPerToken, submitsPerToken };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.context.lock.close(disposedError());
    this.session.dispose();
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const lease = await this.context.lock.acquire();
    try {
      return await this.session.run(work);
    } catch (error) {
      // Any error of a call that was running during dispose is reported as `disposed`.
      if (this.disposed) throw disposedError();
      throw error;
    } finally {
      lease.release();
    }
  }

  private check(): void {
    if (this.disposed) throw disposedError();
  }

  private assistantContext(model: Model | undefined): GenerationContext | undefined {
    if (model === undefined) return undefined;
    if (!(model instanceof LocalModel) || model === this)
      throw new VitrineError(
        'invalid-argument',
        'assistantModel must be another model, loaded with the same worker setting as this one.',
      );
    model.check();
    return model.context;
  }

  /** Ids of a prompt. An empty prompt becomes the end-of-text token, after which every document begins. */
  private idsOf(textOrIds: string | number[]): number[] {
    const ids = typeof textOrIds === 'string' ? this.tokenizer.encode(textOrIds) : textOrIds;
    if (Array.isArray(ids) && ids.length === 0) {
      const start = this.tokenizer.eosTokenId ?? this.config.eosTokenIds[0];
      if (start !== undefined && start < this.config.vocabSize) return [start];
    }
    return this.checkIds(ids, Number.MAX_SAFE_INTEGER);
  }

  private checkIds(ids: readonly number[], most: number): number[] {
    const { vocabSize } = this.config;
    if (!Array.isArray(ids) || ids.length === 0)
      throw new VitrineError('invalid-argument', 'The prompt is empty. Pass some text, or token ids.');
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined)
      throw new VitrineError(
        'invalid-argument',
        `${wrong} is not a token id of this model; use 0 to ${vocabSize - 1}.`,
      );
    if (ids.length > most)
      throw new VitrineError(
        'context-overflow',
        `The text has ${ids.length} tokens; this model reads ${most}. Shorten it.`,
      );
    return [...ids];
  }
}
