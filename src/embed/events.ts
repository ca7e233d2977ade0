import type { AdapterSummary, FinishReason, GeneratedToken } from '../engine/index.ts';

/** The events of `<vitrine-demo>`, by name; all bubble. */
export interface VitrineDemoEvents {
  /** The model is here, before the first token. The adapter is null for a model on a server. */
  ready: { model: string; dtype: string; adapter: AdapterSummary | null };
  /** A token with five alternatives. Its `index` counts from the prompt. */
  token: GeneratedToken;
  /** A reader put this token in the place of the one at `index`; `token` goes on behind it. */
  take: { index: number; id: number | undefined; text: string };
  /** A run has ended. Of all that follows the prompt. */
  done: { text: string; tokens: number; finishReason: FinishReason };
  /** What went wrong; `code` is null for what is no error of Vitrine's. */
  error: { code: string | null; message: string };
}
