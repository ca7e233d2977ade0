/**
 * Why a sequence ended: `maxNewTokens` reached, a stop string, the end-of-text token, the end of the context, or an
 * abort.
 */
export type FinishReason = 'length' | 'stop' | 'eos' | 'context' | 'aborted';

export interface TokenAlternative {
  id: number;
  text: string;
  logprob: number;
}

export interface GeneratedToken {
  id: number;
  /** The text this token completes; the texts joined equal the decoded whole, whatever bytes a token splits. */
  text: string;
  /** 0 for the first generated token of its sequence. */
  index: number;
  /** 0 to n - 1. */
  sequence: number;
  /** Natural log of the token's probability before temperature, penalties and filters. */
  logprob: number;
  alternatives: TokenAlternative[];
  finishReason?: FinishReason;
  /** On the last token of a text that beam search found: log-probability / length ^ lengthPenalty. */
  sequenceScore?: number;
  /** On the last token of a generation with speculative decoding. */
  speculation?: SpeculationStats;
}

/** Results of speculative decoding. */
export interface SpeculationStats {
  /** Tokens drafted. */
  drafted: number;
  /** Drafted tokens that the model chose as well. */
  accepted: number;
  /** Passes that verified drafts. */
  passes: number;
  /** False when drafting was paused at the end because it did not pay. */
  active: boolean;
}
