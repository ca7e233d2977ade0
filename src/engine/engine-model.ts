import {
  type GeneratedToken,
  type GenerationContext,
  generate,
  type IdGenerationOptions,
  RuntimeLock,
  type Score,
  type ScoreOptions,
  scoreIds,
} from '../generation/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { GPT2Config } from '../model/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { AdapterSummary } from './adapter.ts';
import type { ModelStats } from './model.ts';
import type { ModelCard } from './model-card.ts';
import { type IdModel, wrongAssistant } from './page/index.ts';
import { disposedError, type Session } from './session.ts';

type Inside = typeof import('../inside/index.ts');
const loadInside = (): Promise<Inside> => import('../inside/index.ts');

/** Milliseconds after a text, so that a run that follows at once does not wait. */
const tuneAfterMs = 300;

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
    private readonly loadedCard: ModelCard,
  ) {
    this.context = {
      session,
      lock: new RuntimeLock(),
      eosTokenIds: config.eosTokenIds,
      drawable: config.vocabSize - loadedCard.paddedRows,
    };
  }

  get dtype(): string {
    return this.session.current.dtype;
  }

  get adapter(): AdapterSummary {
    return this.session.current.adapter;
  }

  get card(): ModelCard {
    const { adapter } = this.loadedCard;
    if (!adapter) return this.loadedCard;
    return { ...this.loadedCard, adapter: { ...adapter, enabled: this.session.adapterEnabled } };
  }

  async setAdapter(enabled: boolean): Promise<void> {
    if (!this.loadedCard.adapter)
      throw new VitrineError(
        'invalid-argument',
        `${this.id} has no adapter to switch. Load a LoRA adapter's repository, folder or files.`,
      );
    await this.locked(() => this.session.setAdapter(enabled));
  }

  async logits(ids: number[]): Promise<Float32Array> {
    const checked = this.checkWindow(ids);
    return this.locked(async () => {
      await this.session.cache.prefillTo(0, checked);
      return this.session.runtime.logits(0);
    });
  }

  async score(ids: number[], options: ScoreOptions): Promise<Score> {
    const checked = this.checkIds(ids);
    return this.locked(() => scoreIds(this.session, checked, options));
  }

  async *generate(
    ids: number[],
    options: IdGenerationOptions,
    assistant?: IdModel,
  ): AsyncGenerator<GeneratedToken> {
    this.check();
    try {
      const other = this.contextOf(assistant);
      const tokenizer = options.stop?.length ? await this.tokenizer() : undefined;
      yield* generate({ ...this.context, tokenizer }, this.checkIds(ids), options, other);
    } catch (error) {
      throw this.disposed ? disposedError() : error;
    } finally {
      if (this.session.untuned) setTimeout(() => void this.tuneWhenIdle(), tuneAfterMs);
    }
  }

  /** Kernels are timed after the first text, which need not wait for them, and when nothing else runs. */
  private async tuneWhenIdle(): Promise<void> {
    if (!this.context.lock.idle || !this.session.untuned) return;
    const lease = await this.context.lock.acquire();
    try {
      await this.session.tune();
    } finally {
      lease.release();
    }
  }

  readonly inspect: IdModel['inspect'] = async (ids, what) => {
    const { inspectIds, resolveInspectOptions } = await loadInside();
    const options = resolveInspectOptions(what);
    const checked = this.checkWindow(ids);
    return this.locked(async () => {
      this.session.cache.setContent(0);
      const inspection = await inspectIds(this.session.runtime, checked, options);
      // A text that is being written goes on from there.
      this.session.cache.setContent(0, checked);
      return inspection;
    });
  };

  readonly run: IdModel['run'] = (ids, options) =>
    this.inside(({ runIds }, runtime) => runIds(runtime, this.checkWindow(ids), options));

  readonly patch: IdModel['patch'] = (options) =>
    this.inside(({ patchIds }, runtime) => {
      const [clean, corrupted] = [this.checkWindow(options?.clean), this.checkWindow(options?.corrupted)];
      return patchIds(runtime, { ...options, clean, corrupted });
    });

  readonly ablate: IdModel['ablate'] = (ids, options) =>
    this.inside(({ ablateIds }, runtime) => ablateIds(runtime, this.checkWindow(ids), options));

  readonly attribution: IdModel['attribution'] = (ids, options) =>
    this.inside(({ attributeIds }, runtime) => attributeIds(runtime, this.checkWindow(ids), options));

  readonly heads: IdModel['heads'] = (ids) =>
    this.inside(({ repeatedIds, scoreHeads }, runtime) =>
      scoreHeads(runtime, this.checkWindow(ids ?? repeatedIds(this.config))),
    );

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
      return await this.session.run(async () => {
        await this.session.cache.setEdits([]);
        return work();
      });
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

  /** Runs texts of their own, beside the sequences. */
  private async inside<T>(work: (inside: Inside, runtime: Runtime) => Promise<T>): Promise<T> {
    const inside = await loadInside();
    return this.locked(() => work(inside, this.session.runtime));
  }

  private checkWindow(ids: readonly number[]): number[] {
    return this.checkIds(ids, this.session.runtime.contextLength);
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
