import type { Edit } from '../model/index.ts';

/** A text, or its token ids. */
export type TextOrIds = string | number[];
/** A token id, or a text that is one token. */
export type Token = number | string;

/** Which inside views to compute. */
export interface InspectOptions {
  /** Attention weights, per layer and head. */
  attention?: boolean;
  /** Top tokens of the head applied to each layer's residual stream. */
  logitLens?: boolean | { top?: number };
  /** The residual stream, before the first block and after each. */
  hiddenStates?: boolean;
}

export interface Inspection {
  ids: number[];
  /** [L][NH][T][T], row t holds the weights of query t over keys 0..t. */
  attention?: Float32Array[][];
  /** [L + 1][T]: likeliest tokens read off the residual stream after that many layers. */
  logitLens?: { id: number; text: string; logit: number; probability: number }[][][];
  /** [L + 1] of [T, C]: the residual stream after that many layers. */
  hiddenStates?: Float32Array[];
}

export interface RunOptions {
  /** Sites to capture, by TransformerLens's names, after edits: `blocks.3.attn.hook_z`. */
  capture?: readonly string[];
  /** Changes of sites, in order. */
  edits?: readonly Edit[];
  /** Logits of the last position (default) or of all. */
  logits?: 'last' | 'all';
}

/** A pass over a text, with what was captured on the way. */
export interface Run {
  ids: number[];
  /** [V] of the last position, or [T, V] of all. */
  logits: Float32Array;
  /** By site: [T, C], [T, I], [T, NH, HS], or a pattern [NH, T, T]. */
  captured: Record<string, { shape: number[]; data: Float32Array }>;
}

/** Sites a patch grid goes over: the stream before a block, what attention or the MLP adds to it, or each head. */
export type PatchSites = 'resid_pre' | 'attn_out' | 'mlp_out' | 'heads';

export interface PatchOptions {
  /** The text whose values are put in. */
  clean: TextOrIds;
  /** The text they are put into, of as many tokens. */
  corrupted: TextOrIds;
  sites: PatchSites;
  target: Token;
  foil?: Token;
}

/** A patch with texts and tokens as ids. */
export interface IdPatchOptions extends PatchOptions {
  clean: number[];
  corrupted: number[];
  target: number;
  foil?: number;
}

/** logit(target) - logit(foil), or logit(target) without a foil, at the end of the corrupted text. */
export interface PatchGrid {
  /** [L][T], for heads [L][NH]: with that one site set to its value in the clean text. */
  values: number[][];
  /** Of the clean text, untouched. */
  clean: number;
  /** Of the corrupted text, untouched. */
  corrupted: number;
}

export interface MeasureOptions {
  target: Token;
  foil?: Token;
}

/** A measure with tokens as ids. */
export interface IdMeasureOptions extends MeasureOptions {
  target: number;
  foil?: number;
}

/** logit(target) - logit(foil), or logit(target) without a foil, at the end of a text with one part switched off. */
export interface Ablation {
  /** With nothing switched off. */
  untouched: number;
  /** [L][NH] */
  heads: number[][];
  /** [L]: a block's attention as a whole, its bias included. */
  attention: number[];
  /** [L] */
  mlp: number[];
}

export interface AttributionOptions extends MeasureOptions {
  /** The position whose next token is predicted; default: the last. */
  position?: number;
}

/** An attribution with tokens as ids. */
export interface IdAttributionOptions extends AttributionOptions {
  target: number;
  foil?: number;
}

/**
 * What each part of the model adds to logit(target) - logit(foil), or to logit(target) without a foil: `embed`,
 * `pos_embed`, `blocks.{l}.head.{h}`, `blocks.{l}.attn.bias`, `blocks.{l}.mlp`, `ln_f.bias`. The final norm's scale is
 * held and each part centred, so that the values add up to the total.
 */
export interface Attribution {
  total: number;
  parts: { name: string; value: number }[];
}

/** How much of its attention each head gives on average, [L][NH], 0 to 1. */
export interface HeadScores {
  ids: number[];
  /** To the token before. */
  previousToken: number[][];
  /** To earlier copies of the same token, at positions that have one. */
  duplicateToken: number[][];
  /** To the tokens after earlier copies of the same token, at positions that have one. */
  induction: number[][];
}
