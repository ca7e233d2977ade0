import type { Model } from '../../engine/index.ts';
import { type TextToken, type Version, versionText } from './document.ts';
import { withVersion } from './document-slice.ts';
import { toPageError } from './error-messages.ts';
import { debounce } from './frame-batch.ts';
import { likeliest } from './likeliest.ts';
import { decodeIds, tokenize } from './model-text.ts';
import type { NextLogits, PageState, PageStore, ScoringActions, ScoringData } from './page-state.ts';
import { currentVersion } from './selectors.ts';
import { isOnServer } from './server-model.ts';
import type { Slice } from './slice.ts';
import { alternativesPerToken } from './writing-slice.ts';

/** The ids that the model reads to go on from here; null where the text is longer than it can read. */
export function contextOf(
  ids: readonly number[],
  positions: number,
  slides: boolean,
): readonly number[] | null {
  if (ids.length <= positions) return ids;
  // As generation does it: a full window begins again with its later half.
  return slides ? ids.slice(-Math.max(1, Math.floor(positions / 2))) : null;
}

/** The current text, all of it in tokens. */
function tokenizeCurrent(store: PageStore, model: Model): Version {
  const before = currentVersion(store.getState());
  const version = tokenize(before, model);
  if (version !== before) store.setState(({ versions }) => ({ versions: withVersion(versions, version) }));
  return version;
}

/** What could come at `index` of the text; null while what is known is about another text or place. */
export function nextAt(state: PageState, index: number, next = state.next): NextLogits | null {
  const { tokens, tail } = currentVersion(state);
  if (!next || tail || next.ids.length > index) return null;
  const from = index - next.ids.length;
  return next.ids.every((id, i) => tokens[from + i]?.id === id) ? next : null;
}

/** What could come at the end of the text, where that is what is known. */
function nextAtEnd(state: PageState, next = state.next): NextLogits | null {
  return nextAt(state, currentVersion(state).tokens.length, next);
}

/** Fills in what the model thinks of text it did not write, while nothing else runs. */
class Scorer {
  readonly #store: PageStore;
  readonly #model: () => Model | null;
  #busy: Promise<void> | null = null;

  constructor(store: PageStore, model: () => Model | null) {
    this.#store = store;
    this.#model = model;
  }

  /** One look at the text as it is; false when the text has changed meanwhile. */
  async look(): Promise<boolean> {
    const model = this.#model();
    if (!model || !this.#quiet(model)) return true;
    if (this.#busy) return this.#busy.then(() => false);
    const text = versionText(currentVersion(this.#store.getState()));
    this.#busy = this.#lookOnce(model);
    await this.#busy;
    this.#busy = null;
    return !this.#quiet(model) || text === versionText(currentVersion(this.#store.getState()));
  }

  async #lookOnce(model: Model): Promise<void> {
    // A server is not sent what is being typed: only what the visitor lets it continue.
    if (isOnServer(model)) {
      tokenizeCurrent(this.#store, model);
      return;
    }
    try {
      await this.#score(model);
      if (this.#quiet(model)) await this.#lookAhead(model);
    } catch (error) {
      if (this.#quiet(model)) this.#store.setState({ error: toPageError(error, 'score') });
    }
  }

  #quiet(model: Model): boolean {
    return this.#model() === model && this.#store.getState().phase === 'ready';
  }

  #replace(version: Version, change: (tokens: readonly TextToken[]) => readonly TextToken[]): void {
    this.#store.setState((state) => {
      const now = state.versions.find((other) => other.id === version.id);
      if (!now || now.tail || now.tokens.length !== version.tokens.length) return {};
      return { versions: withVersion(state.versions, { ...now, tokens: change(now.tokens) }) };
    });
  }

  async #score(model: Model): Promise<void> {
    const version = tokenizeCurrent(this.#store, model);
    if (!version.tokens.some((token, i) => i > 0 && token.logprob === null)) return;
    const { logprobs } = await model.score(version.tokens.map((token) => token.id));
    this.#replace(version, (tokens) =>
      tokens.map((token, i) =>
        token.logprob === null && i > 0 ? { ...token, logprob: logprobs[i] ?? null } : token,
      ),
    );
  }

  async #lookAhead(model: Model): Promise<void> {
    const state = this.#store.getState();
    const version = currentVersion(state);
    if (version.tail) return;
    const end = state.inspected ?? version.tokens.length;
    const next = await this.#nextAfter(model, state, version, end);
    if (!this.#quiet(model)) return;
    if (next !== state.next) this.#store.setState({ next });
    const token = version.tokens[end];
    if (!next || !token || token.alternatives?.length) return;
    const { alternatives } = next;
    this.#replace(version, (tokens) =>
      tokens.map((other, i) => (i === end ? { ...other, alternatives } : other)),
    );
  }

  async #nextAfter(model: Model, state: PageState, version: Version, end: number) {
    const all = version.tokens.slice(0, end).map((token) => token.id);
    const ids = contextOf(all, model.config.nPositions, state.settings.overflow === 'slide');
    if (!ids || ids.length === 0) return null;
    const key = ids.join(',');
    if (state.next?.key === key) return state.next;
    // Rows of padding are no tokens.
    const tokens = model.config.vocabSize - model.card.paddedRows;
    const logits = (await model.logits([...ids])).subarray(0, tokens);
    const alternatives = likeliest(logits, alternativesPerToken).map((best) => {
      return { ...best, text: decodeIds(model, [best.id]) };
    });
    return { key, ids, logits, alternatives };
  }
}

const restMs = 500;
const inspectMs = 90;

export const createScoringSlice: Slice<ScoringData & ScoringActions> =
  ({ model }) =>
  (set, get, store) => {
    const scorer = new Scorer(store, () => model.current);
    const look = () => void scorer.look().then((done) => done || later());
    const later = debounce(restMs, look);
    const soon = debounce(inspectMs, look);
    let atEnd: NextLogits | null = null;
    return {
      inspected: null,
      next: null,
      refresh: later,
      async scored() {
        while (!(await scorer.look())) if (get().phase !== 'ready') return;
      },
      async scoreText() {
        const quiet = get().phase === 'ready' ? model.current : null;
        const { tokens } = currentVersion(get());
        if (!quiet || isOnServer(quiet) || tokens.length === 0) return null;
        return quiet.score(tokens.map((token) => token.id));
      },
      tokenized() {
        const quiet = get().phase === 'ready' ? model.current : null;
        return quiet ? tokenizeCurrent(store, quiet) : currentVersion(get());
      },
      inspect(index) {
        const state = get();
        if (state.inspected === index) return;
        // Known from before the first look, so that the way back to the end waits for nothing. Another model ends the look.
        if (state.inspected === null) atEnd = nextAtEnd(state);
        const next = (index === null && nextAtEnd(state, atEnd)) || state.next;
        set({ inspected: index, next });
        soon();
      },
    };
  };
