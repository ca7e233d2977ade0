import type { Edit, GPT2Config } from '../model/index.ts';
import type { ResolvedSampling, SamplingContext } from '../sampling/index.ts';

/** One token chosen by the device for one sequence. */
export interface DecodedToken {
  sequence: number;
  id: number;
  /** Natural log of its probability under the unmodified logits. */
  logprob: number;
  /** Likeliest tokens under the unmodified logits, best first; as many as were asked for. */
  alternatives: { id: number; logprob: number }[];
}

export interface DecodeRequest {
  /** The sequences to run; each ends where its last prefill ended. */
  sequences: readonly number[];
  /**
   * Per entry of `sequences`: every token in its context, prompt first, how many of them are the prompt, and what the
   * samplers know of the text so far. The runtime keeps them up to date as it goes.
   */
  contexts: readonly SamplingContext[];
  sampling: ResolvedSampling;
  /**
   * Counter of the first draw, so that a run continued after a rewind or a lost device draws the same numbers.
   * Draw i of sequence s uses (seed, s, firstDraw + i).
   */
  firstDraw: number;
  /** Tokens per sequence at most. */
  maxSteps: number;
  /** A sequence that draws one of these goes idle after reporting it. */
  eosTokenIds: readonly number[];
  /** 0 to 20. */
  alternatives: number;
  signal?: AbortSignal;
}

/** A place whose next token is chosen: after the last of `ids`, which are all of its context, prompt first. */
export interface Row extends SamplingContext {
  sequence: number;
  /** Counter of the random draw. */
  draw: number;
}

export interface SampleRequest {
  /** At most 8. */
  rows: readonly Row[];
  sampling: ResolvedSampling;
  /** 0 to 20. */
  alternatives: number;
}

/** Input of {@link Runtime.score}. */
export interface ScoreRequest {
  sequence: number;
  /** Position of the first id. */
  position: number;
  ids: readonly number[];
  /** The id each row is scored for; -1: none. */
  targets: readonly number[];
  /** How many of each row's likeliest ids are wanted, 0 to 20. */
  top: number;
}

export interface RowScores {
  /** Log-probability of targets[i] under row i, in nats; NaN where there is no target. */
  logprobs: Float32Array;
  /** Place of targets[i] among all ids of row i, from 1; the lowest id first among equals. 0 where there is no target. */
  ranks: Uint32Array;
  /** Entropy of row i, in nats. */
  entropies: Float32Array;
  /** Likeliest ids of each row, best first, the lowest id first among equals. */
  likeliest: { id: number; logprob: number }[][];
}

/** What an {@link Inspection} needs: raw views of one forward pass over ids. */
export interface InsideViews {
  /** [L][NH] of [T, T] row-major, zero above the diagonal. */
  attention?: Float32Array[][];
  /** [L + 1][T] of the top logits of the head applied to the residual stream, best first. */
  logitLens?: { id: number; logit: number; logprob: number }[][][];
}

/** Texts with captured and edited sites. They go through side by side, as rows that share each read of the weights. */
export interface RunRequest {
  /** Of equal length. */
  runs: readonly { ids: readonly number[]; edits: readonly Edit[] }[];
  /** Sites to capture, after edits. */
  capture: readonly string[];
  /** Logits of the last position, [V], of all, [T, V], or of these ids at the last position. */
  logits: 'last' | 'all' | readonly number[];
}

export interface RunResult {
  logits: Float32Array;
  /** By site: [T, C], [T, NH, HS], or a pattern [NH, T, T]. */
  captured: Record<string, { shape: number[]; data: Float32Array }>;
}

/**
 * A model on a device: forward passes over a KV cache for one or more sequences, and token sampling.
 * The GPU and the CPU implement it. Calls are made one at a time; the caller keeps the ids.
 */
export interface Runtime {
  readonly config: GPT2Config;
  /** Positions the KV cache holds per sequence. */
  readonly contextLength: number;

  /** Makes room for this many sequences; grows or shrinks the cache. Keeps sequence 0. */
  reserve(sequences: number): Promise<void>;

  /**
   * Computes `ids` (at least one) at `position`, position + 1, … of a sequence whose cache already holds
   * everything before; what the cache held from `position` on is forgotten. Afterwards the sequence ends at the last id.
   */
  prefill(sequence: number, position: number, ids: readonly number[], signal?: AbortSignal): Promise<void>;

  /** Copies the first `length` cached positions, and the end state, of one sequence to others. */
  fork(from: number, to: readonly number[], length: number): Promise<void>;

  /** Logits at the end of the sequence, [V]. */
  logits(sequence: number): Promise<Float32Array>;

  /** Like prefill, and says how likely each row thinks targets[i] is; a target of -1 is not scored (NaN). */
  score(request: ScoreRequest): Promise<RowScores>;

  /**
   * The token loop. Yields the tokens of one step after the other, one entry per sequence still running.
   * Ending the iteration early (return, break) drops what is in flight; the caller then continues with `prefill`.
   */
  decode(request: DecodeRequest): AsyncIterableIterator<DecodedToken[]>;

  /**
   * Computes the last id of each row in one pass and chooses the token after it, one a row. Everything before that id
   * is in the sequence's cache, or is the last id of an earlier row of the same sequence.
   */
  sampleNext(request: SampleRequest): Promise<DecodedToken[]>;

  /** Computes inspection views with a separate forward pass; sequence 0 is left at `ids`. */
  inspect(ids: readonly number[], what: { attention: boolean; logitLensTop: number }): Promise<InsideViews>;

  /**
   * Passes over texts of their own with captured and edited sites, one result each. No sequence changes.
   * @throws VitrineError `invalid-argument` for a site the model does not have or an edit that does not fit it
   */
  run(request: RunRequest): Promise<RunResult[]>;

  /**
   * What every other pass from now on is changed by; nothing at first. What caches hold was computed without it: the
   * caller prefills again.
   * @throws VitrineError as {@link Runtime.run}
   */
  setEdits(edits: readonly Edit[]): Promise<void>;

  /**
   * Exchanges the matrices that an adapter changed with those of its base, or back. What the cache holds is void then.
   * Without an adapter it does nothing.
   */
  swapWeights(): Promise<void>;

  stats(): RuntimeStats;

  /** Resolves when the device is lost for good; never on dispose. */
  readonly lost: Promise<{ reason: string }>;

  dispose(): void;
}

export interface RuntimeStats {
  gpuBytes: number;
  dispatchesPerToken: number;
  submitsPerToken: number;
}
