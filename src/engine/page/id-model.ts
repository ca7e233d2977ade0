import type { GeneratedToken, GenerationOptions, Score } from '../../generation/index.ts';
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
import type { GPT2Config } from '../../model/index.ts';
import type { AdapterSummary } from '../adapter.ts';
import type { ModelStats } from '../model.ts';
import type { ModelCard } from '../model-card.ts';

/** A model that reads and writes token ids; {@link LoadedModel} adds the tokenizer. It may run in another thread. */
export interface IdModel {
  readonly id: string;
  readonly revision: string;
  readonly config: GPT2Config;
  readonly dtype: string;
  readonly adapter: AdapterSummary;
  readonly card: ModelCard;
  /** @throws VitrineError `disposed` */
  check(): void;
  /** Logits of the last position, [V]. */
  logits(ids: number[]): Promise<Float32Array>;
  score(ids: number[]): Promise<Score>;
  /** The texts of the logit lens are empty. */
  inspect(ids: number[], what: InspectOptions): Promise<Inspection>;
  run(ids: number[], options: RunOptions): Promise<Run>;
  patch(options: IdPatchOptions): Promise<PatchGrid>;
  ablate(ids: number[], options: IdMeasureOptions): Promise<Ablation>;
  attribution(ids: number[], options: IdAttributionOptions): Promise<Attribution>;
  heads(ids?: number[]): Promise<HeadScores>;
  /** Texts are empty unless there are stop strings. `assistant` must be of the same thread. */
  generate(ids: number[], options: GenerationOptions, assistant?: IdModel): AsyncIterable<GeneratedToken>;
  setAdapter(enabled: boolean): Promise<void>;
  stats(): ModelStats;
  dispose(): void;
}
