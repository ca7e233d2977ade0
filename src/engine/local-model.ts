import { VitrineError } from '../lib/index.ts';
import type { GPT2Config } from '../model/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { decodingPart } from './decoding-part.ts';
import { generate, type Stage } from './generate.ts';
import { disposedError, type Session } from './session.ts';
import { Turns } from './turns.ts';
import type {
  AdapterSummary,
  GeneratedToken,
  GenerateOptions,
  Inspection,
  InspectOptions,
  Model,
  ModelStats,
  Score,
} from './types.ts';

const defaultLensTop = 5;
const mostLensTop = 50;

/** A model in this thread: the engine's own implementation of {@link Model}. */
export class LocalModel implements Model {
  private readonly stage: Stage;
  private disposed = false;

  constructor(
    readonly id: string,
    readonly revision: string,
    readonly config: GPT2Config,
    private readonly tokenizer: Tokenizer,
    private readonly session: Session,
    private readonly onDispose: () => void = () => {},
  ) {
    this.stage = { session, tokenizer, turns: new Turns() };
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
    return this.inTurn(async () => {
      await this.session.place(0, checked);
      return this.session.runtime.logits(0);
    });
  }

  async score(textOrIds: string | number[]): Promise<Score> {
    const ids = this.idsOf(textOrIds);
    return this.inTurn(async () => (await import('./score.ts')).scoreIds(this.session, ids));
  }

  async *generate(prompt: string | number[], options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.check();
    try {
      const given = { ...options };
      const assistant = await this.assistantOf(given.assistantModel);
      yield* generate(this.stage, this.idsOf(prompt), given, assistant);
    } catch (error) {
      throw this.disposed ? disposedError() : error;
    }
  }

  async inspect(textOrIds: string | number[], what: InspectOptions): Promise<Inspection> {
    const ids = this.checkIds(this.idsOf(textOrIds), this.session.runtime.contextLength);
    const logitLensTop = lensTop(what.logitLens);
    const views = await this.inTurn(async () => {
      this.session.forget(0);
      return this.session.runtime.inspect(ids, { attention: what.attention === true, logitLensTop });
    });
    const logitLens = views.logitLens?.map((layer) =>
      layer.map((position) =>
        position.map(({ id, logit, logprob }) => ({
          id,
          text: this.tokenizer.decode([id]),
          logit,
          probability: Math.exp(logprob),
        })),
      ),
    );
    return { ids, attention: views.attention, logitLens };
  }

  stats(): ModelStats {
    const { gpuBytes, dispatchesPerToken, submitsPerToken } = this.session.runtime.stats();
    return { gpuBytes, ...this.session.times, dispatchesPerToken, submitsPerToken };
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.stage.turns.close(disposedError());
    this.session.dispose();
    this.onDispose();
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.check();
    const turn = await this.stage.turns.take();
    try {
      return await this.session.run(work);
    } catch (error) {
      // What a call meets when the model is disposed under it is not the call's fault.
      if (this.disposed) throw disposedError();
      throw error;
    } finally {
      turn.release();
    }
  }

  private check(): void {
    if (this.disposed) throw disposedError();
  }

  private async assistantOf(model: Model | undefined): Promise<Stage | undefined> {
    if (model === undefined) return undefined;
    if (!(model instanceof LocalModel) || model === this)
      throw new VitrineError(
        'invalid-argument',
        'assistantModel must be another model, loaded with the same worker setting as this one.',
      );
    model.check();
    const { checkSameVocabulary } = await decodingPart();
    checkSameVocabulary(this.tokenizer, model.tokenizer);
    return model.stage;
  }

  /** Ids of a prompt; an empty one begins where every document begins, after the end-of-text token. */
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
      throw new VitrineError(
        'invalid-argument',
        'The prompt has no token. Give some text, or a list of token ids.',
      );
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabSize);
    if (wrong !== undefined)
      throw new VitrineError(
        'invalid-argument',
        `${wrong} is no token id of this model: 0 to ${vocabSize - 1}.`,
      );
    if (ids.length > most) {
      throw new VitrineError(
        'context-overflow',
        `The text has ${ids.length} tokens; this model reads ${most}. Shorten it.`,
      );
    }
    return [...ids];
  }
}

function lensTop(option: InspectOptions['logitLens']): number {
  if (!option) return 0;
  const top = option === true ? defaultLensTop : (option.top ?? defaultLensTop);
  if (Number.isInteger(top) && top >= 1 && top <= mostLensTop) return top;
  throw new VitrineError('invalid-argument', `logitLens.top is ${top}; use 1 to ${mostLensTop}.`);
}
