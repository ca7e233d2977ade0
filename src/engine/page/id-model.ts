import type { GeneratedToken, IdGenerationOptions, Score, ScoreOptions } from '../../generation/index.ts';
import type {
  Ablation,
  Attribution,
  HeadScores,
  IdAttributionOptions,
  IdMeasureOptions,
  IdPatchOptions,
  Inspection,
  InspectOptions,
  PatchGrid,
  Run,
  RunOptions,
} from '../../inside/index.ts';
import type { Model } from '../model.ts';

/** What a model says of itself. */
export type ModelFacts = Pick<Model, 'id' | 'revision' | 'config' | 'dtype' | 'adapter' | 'card'>;

/** A model that reads and writes token ids; {@link LoadedModel} adds the tokenizer. It may run in another thread. */
export interface IdModel extends ModelFacts, Pick<Model, 'logits' | 'setAdapter' | 'stats' | 'dispose'> {
  /** @throws VitrineError `disposed` */
  check(): void;
  /** The texts of alternatives are empty. */
  score(ids: number[], options: ScoreOptions): Promise<Score>;
  /** The texts of the logit lens are empty. */
  inspect(ids: number[], what: InspectOptions): Promise<Inspection>;
  run(ids: number[], options: RunOptions): Promise<Run>;
  patch(options: IdPatchOptions): Promise<PatchGrid>;
  ablate(ids: number[], options: IdMeasureOptions): Promise<Ablation>;
  attribution(ids: number[], options: IdAttributionOptions): Promise<Attribution>;
  heads(ids?: number[]): Promise<HeadScores>;
  /** Texts are empty unless there are stop strings. `assistant` must be of the same thread. */
  generate(ids: number[], options: IdGenerationOptions, assistant?: IdModel): AsyncIterable<GeneratedToken>;
}
