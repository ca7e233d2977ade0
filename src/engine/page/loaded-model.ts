import {
  checkSameVocabulary,
  type GeneratedToken,
  type IdGenerationOptions,
  type Score,
  type ScoreOptions,
  type TokenAlternative,
  TokenTexts,
} from '../../generation/index.ts';
import type { AttributionOptions, MeasureOptions, PatchOptions, Token } from '../../inside/index.ts';
import { VitrineError } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import type { Tokenizer } from '../../tokenizer/index.ts';
import type { AdapterSummary } from '../adapter.ts';
import type { GenerateOptions, Model, ModelStats } from '../model.ts';
import type { ModelCard } from '../model-card.ts';
import type { IdModel } from './id-model.ts';

/** A model with its tokenizer. The tokenizer is in this thread; the model may be in a worker. */
export class LoadedModel implements Model {
  constructor(
    private readonly model: IdModel,
    private readonly tokenizer: Tokenizer,
  ) {}

  get id(): string {
    return this.model.id;
  }

  get revision(): string {
    return this.model.revision;
  }

  get config(): GPT2Config {
    return this.model.config;
  }

  get dtype(): string {
    return this.model.dtype;
  }

  get adapter(): AdapterSummary {
    return this.model.adapter;
  }

  get card(): ModelCard {
    return this.model.card;
  }

  encode(text: string): number[] {
    return this.tokenizer.encode(text);
  }

  decode(ids: number[]): string {
    return this.tokenizer.decode(ids);
  }

  logits(ids: number[]): Promise<Float32Array> {
    return this.model.logits(ids);
  }

  async score(textOrIds: string | number[], options: ScoreOptions = {}): Promise<Score> {
    const { alternatives, ...score } = await this.model.score(this.idsOf(textOrIds), options);
    if (!alternatives) return score;
    // Rows of padding are no tokens.
    const tokens = this.config.vocabSize - this.card.paddedRows;
    const named = (all: TokenAlternative[]) =>
      all.filter(({ id }) => id < tokens).map((one) => ({ ...one, text: this.tokenizer.text(one.id) }));
    return { ...score, alternatives: alternatives.map(named) };
  }

  async *generate(prompt: string | number[], options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.model.check();
    const { assistantModel, ...others } = options;
    const assistant = this.assistantOf(assistantModel);
    const ids = this.idsOf(prompt);
    const own = await this.inIds(others);
    const tokens = this.model.generate(ids, own, assistant);
    if (own.stop?.length) {
      yield* tokens;
      return;
    }
    const texts = new TokenTexts(this.tokenizer, ids);
    for await (const token of tokens) yield texts.add(token);
  }

  /** Options that speak of texts, in the model's tokens. */
  private async inIds(options: GenerateOptions): Promise<IdGenerationOptions> {
    const { constraint, drySequenceBreakers, ...own } = options;
    if (constraint === undefined && !own.dryMultiplier) return own;
    const { breakerIds, compileConstraint } = await import('../../constraint/index.ts');
    const { vocabSize, eosTokenIds } = this.config;
    const tokens = {
      tokenizer: this.tokenizer,
      count: vocabSize - this.card.paddedRows,
      eosTokenIds: own.eos === false ? [] : eosTokenIds,
    };
    return {
      ...own,
      ...(constraint !== undefined && { constraint: compileConstraint(constraint, tokens) }),
      ...(own.dryMultiplier && { drySequenceBreakers: breakerIds(tokens, drySequenceBreakers) }),
    };
  }

  readonly inspect: Model['inspect'] = async (textOrIds, what) => {
    const found = await this.model.inspect(this.idsOf(textOrIds), what);
    const logitLens = found.logitLens?.map((layer) =>
      layer.map((position) => position.map((top) => ({ ...top, text: this.tokenizer.text(top.id) }))),
    );
    return { ...found, logitLens };
  };

  readonly run: Model['run'] = async (textOrIds, options = {}) =>
    this.model.run(this.idsOf(textOrIds), options);

  readonly patch: Model['patch'] = async (options) => {
    const { clean, corrupted, target, foil, ...rest } = options ?? ({} as PatchOptions);
    const texts = { clean: this.idsOf(clean), corrupted: this.idsOf(corrupted) };
    return this.model.patch({ ...rest, ...texts, ...this.measured(target, foil) });
  };

  readonly ablate: Model['ablate'] = async (textOrIds, options) => {
    const { target, foil, ...rest } = options ?? ({} as MeasureOptions);
    return this.model.ablate(this.idsOf(textOrIds), { ...rest, ...this.measured(target, foil) });
  };

  readonly attribution: Model['attribution'] = async (textOrIds, options) => {
    const { target, foil, ...rest } = options ?? ({} as AttributionOptions);
    return this.model.attribution(this.idsOf(textOrIds), { ...rest, ...this.measured(target, foil) });
  };

  readonly heads: Model['heads'] = async (textOrIds) =>
    this.model.heads(textOrIds === undefined ? undefined : this.idsOf(textOrIds));

  setAdapter(enabled: boolean): Promise<void> {
    return this.model.setAdapter(enabled);
  }

  stats(): ModelStats {
    return this.model.stats();
  }

  dispose(): void {
    this.model.dispose();
  }

  private assistantOf(model: Model | undefined): IdModel | undefined {
    if (model === undefined) return undefined;
    if (!(model instanceof LoadedModel) || model === this) throw wrongAssistant();
    model.model.check();
    checkSameVocabulary(this.tokenizer, model.tokenizer);
    return model.model;
  }

  /** Ids of a target and its foil. */
  private measured(target: Token, foil: Token | undefined): { target: number; foil?: number } {
    const id = this.tokenOf('target', target);
    return foil === undefined ? { target: id } : { target: id, foil: this.tokenOf('foil', foil) };
  }

  private tokenOf(name: string, token: Token): number {
    if (typeof token !== 'string') return token;
    const ids = this.tokenizer.encode(token);
    if (ids.length === 1) return ids[0] as number;
    const pieces = ids.map((id) => JSON.stringify(this.tokenizer.text(id))).join(', ');
    throw new VitrineError(
      'invalid-argument',
      `${name} ${JSON.stringify(token)} is ${ids.length} tokens (${pieces}). Give a text that is one token, often with a space before it, or an id.`,
    );
  }

  /** A tokenizer may know tokens that were added after the model was made. */
  private checkRows(ids: readonly number[]): void {
    const { vocabSize } = this.config;
    const beyond = ids.find((id) => id >= vocabSize);
    if (beyond === undefined) return;
    const token = JSON.stringify(this.tokenizer.text(beyond));
    throw new VitrineError(
      'invalid-argument',
      `The text holds the token ${token} (${beyond}), for which the model has no embedding: it has ${vocabSize} rows. Leave it out.`,
    );
  }

  /** Ids of a prompt. An empty prompt becomes the end-of-text token, after which every document begins. */
  private idsOf(textOrIds: string | number[]): number[] {
    const ids = typeof textOrIds === 'string' ? this.tokenizer.encode(textOrIds) : textOrIds;
    if (typeof textOrIds === 'string') this.checkRows(ids);
    if (!Array.isArray(ids) || ids.length > 0) return ids;
    const start = this.tokenizer.eosTokenId ?? this.config.eosTokenIds[0];
    return start !== undefined && start < this.config.vocabSize ? [start] : ids;
  }
}

export function wrongAssistant(): VitrineError {
  return new VitrineError(
    'invalid-argument',
    'assistantModel must be another model, loaded with the same worker setting as this one.',
  );
}
