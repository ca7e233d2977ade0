import type { GeneratedToken, Model } from '../../engine/index.ts';
import type { TextToken } from './document.ts';
import { withVersion } from './document-slice.ts';
import type { PageStore } from './page-state.ts';
import type { Continuation, PendingRun } from './types.ts';

export function toTextToken(token: GeneratedToken): TextToken {
  const { id, text, logprob, alternatives } = token;
  return { id, text, logprob, alternatives, origin: 'model' };
}

/** The end-of-text token and tokens swallowed by a stop string are not part of the text. */
export function belongsToText(token: GeneratedToken, model: Model): boolean {
  if (token.finishReason === 'aborted') return token.text !== '';
  const ended = token.finishReason === 'eos' && model.config.eosTokenIds.includes(token.id);
  return !ended || token.text !== '';
}

/** Tokens with others put at `at` and after; those that are already there stay as they are. */
function place(
  tokens: readonly TextToken[],
  at: number,
  written: readonly TextToken[],
): readonly TextToken[] {
  const news = written.findIndex((token, i) => tokens[at + i]?.id !== token.id);
  if (news < 0) return tokens;
  return [...tokens.slice(0, at + news), ...written.slice(news)];
}

/** Puts what the model writes into the store, sequence by sequence. */
export class RunWriter {
  readonly #store: PageStore;
  readonly #model: Model;
  readonly #run: PendingRun;
  /** Tokens of each sequence that belong to its text, so far. */
  readonly #written: number[];

  constructor(store: PageStore, model: Model, run: PendingRun) {
    this.#store = store;
    this.#model = model;
    this.#run = run;
    this.#written = Array.from({ length: run.origin.n }, () => 0);
  }

  take(batch: readonly GeneratedToken[]): void {
    const { origin, version } = this.#run;
    if (origin.n > 1) {
      const extend = (continuation: Continuation) => this.#extend(continuation, batch);
      this.#store.setState((state) => ({ continuations: state.continuations.map(extend) }));
      return;
    }
    const written = this.#texts(batch);
    const at = origin.from + this.#advance(0, written.length);
    this.#store.setState((state) => {
      const found = state.versions.find(({ id }) => id === version);
      if (!found) return {};
      const tokens = place(found.tokens, at, written);
      return { versions: withVersion(state.versions, { ...found, tokens }) };
    });
  }

  #texts(batch: readonly GeneratedToken[]): TextToken[] {
    return batch.filter((token) => belongsToText(token, this.#model)).map(toTextToken);
  }

  /** Counts tokens of a sequence; returns how many there were before. */
  #advance(sequence: number, count: number): number {
    const before = this.#written[sequence] ?? 0;
    this.#written[sequence] = before + count;
    return before;
  }

  #extend(continuation: Continuation, batch: readonly GeneratedToken[]): Continuation {
    const own = batch.filter((token) => token.sequence === continuation.sequence);
    if (own.length === 0) return continuation;
    const written = this.#texts(own);
    const at = this.#advance(continuation.sequence, written.length);
    const finishReason = own.at(-1)?.finishReason ?? continuation.finishReason;
    return { ...continuation, tokens: place(continuation.tokens, at, written), finishReason };
  }
}
