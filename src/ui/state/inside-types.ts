import type {
  Ablation,
  Attribution,
  HeadScores,
  Inspection,
  PatchGrid,
  PatchSites,
} from '../../engine/index.ts';

import type { Changes, Part, Steering } from './model-changes.ts';
import type { LoadedModel } from './types.ts';

/** The views of Inside. */
export type InsideTab = 'attention' | 'lens' | 'off' | 'patch' | 'attribute' | 'steer';

export interface HeadAt {
  layer: number;
  head: number;
}

export interface SavedSteering extends Steering {
  name: string;
}

/** Tokens whose logits are compared. */
export interface Pair {
  target: number;
  foil: number;
  targetText: string;
  foilText: string;
}

/** Logits [V] of the next token as the model is, and with the changes. */
export interface Odds {
  before: Float32Array;
  after: Float32Array;
  changes: Changes;
}

/** Everything that can be asked of the model about a text. */
export interface Answers {
  view: Inspection & { scores: HeadScores };
  /** Scores on random tokens that occur twice. */
  repeated: HeadScores;
  odds: Odds;
  ablation: Ablation & Pair;
  attribution: Attribution & Pair;
  /** What comes next in the corrupted text as it is, and with one cell of the grid patched. */
  patched: { before: Float32Array; after: Float32Array };
  /** `ids` of the answer are those of the corrupted text. */
  patch: PatchGrid & Pair & { cleanTexts: readonly string[]; sites: PatchSites };
}

export type Question = keyof Answers;

/** What was found, the model, tokens and fields it was found for, and the milliseconds it took and when that was. */
export interface Answer<Q extends Question> {
  took: number;
  at: number;
  of: LoadedModel | null;
  key: string;
  ids: readonly number[];
  texts: readonly string[];
  value: Answers[Q];
}

/** A text written twice from one seed: by the model as it is, and with the changes. */
export interface WrittenPair {
  plain: string;
  changed: string;
  changes: Changes;
  busy: boolean;
}

export interface InsideState {
  tab: InsideTab;
  /** The head that is shown; null until there is one to open on. */
  head: HeadAt | null;
  /** Index of the token that is looked from; null for the last. */
  from: number | null;
  off: readonly Part[];
  steering: Steering;
  /** Tokens to compare; empty for the likeliest two. */
  target: string;
  foil: string;
  /** The other text of a patch. */
  clean: string;
  sites: PatchSites;
  /** The cell of the patch grid whose run is shown. */
  cell: { row: number; column: number } | null;
  answers: { [Q in Question]?: Answer<Q> };
  busy: { [Q in Question]?: boolean };
  written: WrittenPair | null;
  /** Why the last question has no answer. */
  problem: string | null;
}

export interface InsideData {
  inside: InsideState;
  /** Directions that were given a name; kept between visits. */
  savedSteering: readonly SavedSteering[];
}

export interface InsideActions {
  /** Asks the model about the text as it is. */
  ask(question: Question): Promise<void>;
  setInside(change: Partial<InsideState>): void;
  /** Switches a part off, or on again. */
  togglePart(part: Part): void;
  /** Writes both as the model is and with the changes, beside the text. */
  writeBeside(changes: Changes): Promise<void>;
  saveSteering(name: string): void;
  forgetSteering(name: string): void;
}
