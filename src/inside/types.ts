/** Which inside views to compute. */
export interface InspectOptions {
  /** Attention weights, per layer and head. */
  attention?: boolean;
  /** Top tokens of the head applied to each layer's residual stream. */
  logitLens?: boolean | { top?: number };
}

export interface Inspection {
  ids: number[];
  /** [L][NH][T][T], row t holds the weights of query t over keys 0..t. */
  attention?: Float32Array[][];
  /** [L + 1][T]: likeliest tokens read off the residual stream after that many layers. */
  logitLens?: { id: number; text: string; logit: number; probability: number }[][][];
}
