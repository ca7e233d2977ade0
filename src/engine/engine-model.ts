import {
  type GeneratedToken,
  type GenerationContext,
  type GenerationOptions,
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
import type { ModelStats } from './model.ts';
import { type IdModel, wrongAssistant } from './page/index.ts';
import { disposedError, type Session } from './session.ts';

/** The engine's model, in this thread. */
export class EngineModel implements IdModel {
  private readonly context: GenerationContext;
  private disposed = false;

  /** @param tokenizer called for stop strings, which are matched in the token loop */
  constructor(
    readonly id: string,
    readonly revision: string,
    readonly config: GPT2Config,
    private readonly session: Session,
    private readonly tokenizer: () => Promise<Tokenizer>,
  ) {
    this.context = { session, lock: new RuntimeLock(), eosTokenIds: config.eosTokenIds };
  }

  get dtype(): string {
    return this.session.current.dtype;
  }

  get adapter(): AdapterSummary {
    return this.session.current.adapter;
  }

  async logits(ids: number[]): Promise<Float32Array> {
    const checked = this.checkIds(ids, this.session.runtime.contextLength);
    return this.locked(async () => {
      await this.session.cache.prefillTo(0, checked);
      return this.session.runtime.logits(0);
    });
  }

  async score(ids: number[]): Promise<Score> {
    const checked = this.checkIds(ids);
    return this.locked(() => scoreIds(this.session, checked));
  }

  async *generate(
    ids: number[],
    options: GenerationOptions,
    assistant?: IdModel,
  ): AsyncGenerator<GeneratedToken> {
    this.check();
    try {
      const other = this.contextOf(assistant);
      const tokenizer = options.stop?.length ? await this.tokenizer() : undefined;
      yield* generate({ ...this.context, tokenizer }, this.checkIds(ids), options, other);
    } catch (error) {
      throw this.disposed ? disposedError() : error;
    }
  }

  async inspect(ids: number[], what: InspectOptions): Promise<Inspection> {
    const options = resolveInspectOptions(what);
    const checked = this.checkIds(ids, this.session.runtime.contextLength);
    return this.locked(() => {
      this.session.cache.setContent(0);
      return inspectIds(this.session.runtime, checked, options);
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

  check(): void {
    if (this.disposed) throw disposedError();
  }

  private async locked<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const lease = await this.context.lock.acquire();
    try {
      return await this.session.run(work);
    } catch (error) {
      // Any error of a call that was running during dispose is reported as `disposed`.
      throw this.disposed ? disposedError() : error;
    } finally {
      lease.release();
    }
  }

  private contextOf(assistant: IdModel | undefined): GenerationContext | undefined {
    if (assistant === undefined) return undefined;
    if (!(assistant instanceof EngineModel) || assistant === this) throw wrongAssistant();
    assistant.check();
    return assistant.context;
  }

  private checkIds(ids: readonly number[], most = Number.MAX_SAFE_INTEGER): number[] {
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
