import type { Model, TokenAlternative } from '../../engine/index.ts';
import { currentVersion, type PageContext, withVersion } from './context.ts';
import { type TextToken, type Version, versionText } from './document.ts';
import { debounce } from './frames.ts';
import { toPageError } from './troubles.ts';
import { alternativesPerToken, settle } from './writing.ts';

/** The likeliest tokens of a row of logits, best first, with their log-probabilities. */
export function likeliest(logits: Float32Array, count: number): { id: number; logprob: number }[] {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  const normal = top + Math.log(sum);
  const best: { id: number; logprob: number }[] = [];
  for (let id = 0; id < logits.length; id++) {
    const logprob = (logits[id] ?? Number.NEGATIVE_INFINITY) - normal;
    if (best.length === count && logprob <= (best.at(-1)?.logprob ?? 0)) continue;
    const place = best.findIndex((other) => logprob > other.logprob);
    best.splice(place < 0 ? best.length : place, 0, { id, logprob });
    if (best.length > count) best.pop();
  }
  return best;
}

export interface Reading {
  /** Looks at the text again once things are quiet: ids, probabilities, next token. */
  refresh(): void;
  inspect(index: number | null): void;
}

/** Fills in what the model thinks of text it did not write, while nothing else runs. */
export function createReading(page: PageContext): Reading {
  const { store } = page;
  let busy = false;

  const quiet = (model: Model) => page.model === model && store.getState().phase === 'ready';

  function replace(version: Version, change: (tokens: readonly TextToken[]) => readonly TextToken[]) {
    store.setState((state) => {
      const now = state.versions.find((other) => other.id === version.id);
      if (!now || now.tail || now.tokens.length !== version.tokens.length) return {};
      return { versions: withVersion(state.versions, { ...now, tokens: change(now.tokens) }) };
    });
  }

  async function score(model: Model): Promise<void> {
    const before = currentVersion(store.getState());
    const version = settle(before, model);
    if (version !== before) store.setState((s) => ({ versions: withVersion(s.versions, version) }));
    const unknown = version.tokens.some((token, i) => i > 0 && token.logprob === null);
    if (!unknown || version.tokens.length > model.config.nPositions) return;
    const { logprobs } = await model.score(version.tokens.map((token) => token.id));
    replace(version, (tokens) =>
      tokens.map((token, i) =>
        token.logprob === null && i > 0 ? { ...token, logprob: logprobs[i] ?? null } : token,
      ),
    );
  }

  async function lookAhead(model: Model): Promise<void> {
    const state = store.getState();
    const version = currentVersion(state);
    if (version.tail) return;
    const end = state.inspected ?? version.tokens.length;
    const ids = version.tokens.slice(0, end).map((token) => token.id);
    const key = ids.join(',');
    if (ids.length === 0 || ids.length > model.config.nPositions) {
      store.setState({ next: null });
      return;
    }
    const logits = state.next?.key === key ? state.next.logits : await model.logits(ids);
    if (!quiet(model)) return;
    if (state.next?.key !== key) store.setState({ next: { key, ids, logits } });
    const token = version.tokens[end];
    if (!token || token.alternatives?.length) return;
    const alternatives: TokenAlternative[] = likeliest(logits, alternativesPerToken).map((best) => {
      return { ...best, text: model.decode([best.id]) };
    });
    replace(version, (tokens) => tokens.map((other, i) => (i === end ? { ...other, alternatives } : other)));
  }

  async function look(): Promise<void> {
    const model = page.model;
    if (!model || !quiet(model)) return;
    if (busy) return later();
    busy = true;
    const text = versionText(currentVersion(store.getState()));
    try {
      await score(model);
      if (quiet(model)) await lookAhead(model);
    } catch (error) {
      if (quiet(model)) store.setState({ error: toPageError(error, 'score') });
    } finally {
      busy = false;
    }
    if (quiet(model) && text !== versionText(currentVersion(store.getState()))) later();
  }

  const later = debounce(500, () => void look());
  const soon = debounce(90, () => void look());

  return {
    refresh: later,
    inspect(index) {
      if (store.getState().inspected === index) return;
      store.setState({ inspected: index });
      soon();
    },
  };
}
