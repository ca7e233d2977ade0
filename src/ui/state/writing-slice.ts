import type { FinishReason, GeneratedToken, Model } from '../../engine/index.ts';
import {
  branchAt,
  type RunOrigin,
  type TextToken,
  tokenizeTail,
  type Version,
  withoutContinuation,
} from './document.ts';
import { keepAll, openVersion, remember, withVersion } from './document-slice.ts';
import type { Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { frameBatch } from './frame-batch.ts';
import { editsOf } from './inside-changes.ts';
import type { Changes } from './model-changes.ts';
import { encodeText } from './model-text.ts';
import type { PageState, PageStore, WritingActions, WritingData } from './page-state.ts';
import { currentVersion } from './selectors.ts';
import { generateOptions, type Settings } from './settings.ts';
import type { Slice } from './slice.ts';
import { Speedometer } from './speed.ts';
import type { Continuation, PendingRun, Run } from './types.ts';

/** Alternatives kept with every written token. */
export const alternativesPerToken = 10;

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

/** Gives typed text its ids. */
export function tokenize(version: Version, model: Model): Version {
  if (!version.tail) return version;
  const { ids, pieces } = encodeText(model, version.tail);
  return tokenizeTail(version, ids, pieces);
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
class RunWriter {
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

function emptyContinuations(n: number): Continuation[] {
  if (n <= 1) return [];
  return Array.from({ length: n }, (_, sequence) => ({ sequence, tokens: [], finishReason: null }));
}

/** The run that `write` begins: from the end of the current text. */
function newRun(
  state: PageState,
  model: Model,
  drawnSeed: number,
  settings = state.settings,
  changes?: Changes,
): PendingRun & { text: Version } {
  const text = tokenize(currentVersion(state), model);
  const n = Math.max(1, Math.round(settings.n));
  const seed = settings.seed ?? drawnSeed;
  const origin: RunOrigin = {
    from: text.tokens.length,
    seed,
    n,
    sequence: 0,
    settings,
    ...(changes && { changes }),
  };
  return { origin, version: text.id, text: { ...text, run: origin } };
}

async function stream(
  store: PageStore,
  model: Model,
  run: PendingRun,
  { now, signal }: { now(): number; signal: AbortSignal },
): Promise<FinishReason | null> {
  const { origin } = run;
  const speed = new Speedometer(now());
  const writer = new RunWriter(store, model, run);
  let finishReason: FinishReason | null = null;
  const measure = (figures: Partial<Run>) =>
    store.setState((state) => (state.run ? { run: { ...state.run, ...figures } } : {}));
  const batch = frameBatch<GeneratedToken>((tokens) => {
    writer.take(tokens);
    measure(speed.read(now()));
  });
  const { tokens } = currentVersion(store.getState());
  const ids = tokens.slice(0, origin.from).map((token) => token.id);
  const options = {
    ...generateOptions(origin.settings, origin.seed),
    logprobs: alternativesPerToken,
    signal,
    ...(origin.changes && { edits: await editsOf(model, origin.changes) }),
  };
  try {
    for await (const token of model.generate(ids, options)) {
      speed.token(now());
      finishReason = token.finishReason ?? finishReason;
      batch.push(token);
    }
  } finally {
    batch.flush();
    measure({ tokensPerSecond: speed.mean(now()) });
  }
  return signal.aborted ? 'aborted' : finishReason;
}

function finish(store: PageStore, model: Model | null, finishReason: FinishReason | null): void {
  store.setState((state) => {
    const left = { version: state.current, tokens: currentVersion(state).tokens.length };
    const run = state.run && { ...state.run, finishReason, left, stats: model?.stats() ?? null };
    // A load may have ended the run: the page shows the load then.
    if (state.phase !== 'generating') return { run };
    return { phase: model ? 'ready' : 'idle', run };
  });
}

/** Runs one generation at a time, from its first token to the stored result; `stop` aborts it. */
function createRunner(store: PageStore, { environment, model: owner }: Services) {
  let running: AbortController | null = null;
  return {
    stop: () => running?.abort(),
    async follow(model: Model, run: PendingRun): Promise<void> {
      const control = new AbortController();
      running = control;
      try {
        const reason = await stream(store, model, run, { now: environment.now, signal: control.signal });
        finish(store, owner.current, reason);
      } catch (error) {
        finish(store, owner.current, 'aborted');
        store.setState({ error: toPageError(error, 'generate') });
      } finally {
        if (running === control) running = null;
      }
    },
  };
}

/**
 * Settings of a single step. A fixed seed moves on with the text: with the same one, every step would draw from the same
 * place of its distribution.
 */
function stepSettings(state: PageState): Settings {
  const { settings } = state;
  const seed = settings.seed === null ? null : (settings.seed + currentVersion(state).tokens.length) >>> 0;
  return { ...settings, seed, n: 1, maxNewTokens: 1 };
}

/** State at the start of a run. */
function startOf({ origin, version }: PendingRun, now: number): Partial<PageState> {
  const figures = new Speedometer(now).read(now);
  const run: Run = { origin, version, ...figures, finishReason: null, left: null, stats: null };
  return { phase: 'generating', error: null, inspected: null, run, pending: null, drawn: null };
}

/** State at the start of a new run: the text as it is goes into the history and the tree. */
function startNew(state: PageState, run: PendingRun & { text: Version }, now: number): Partial<PageState> {
  return {
    ...remember(state),
    ...startOf(run, now),
    versions: withVersion(keepAll(state), run.text),
    continuations: emptyContinuations(run.origin.n),
  };
}

/** State when a stored run goes on; undefined if the text is no longer the one it was writing. */
function startAgain(state: PageState, run: PendingRun, now: number): Partial<PageState> | undefined {
  if (state.current !== run.version || currentVersion(state).tokens.length < run.origin.from)
    return undefined;
  const empty = emptyContinuations(run.origin.n);
  const continuations = state.continuations.length === empty.length ? state.continuations : empty;
  return { ...startOf(run, now), continuations };
}

export const createWritingSlice: Slice<WritingData & WritingActions> = (services) => (set, get, store) => {
  const runner = createRunner(store, services);
  const { environment, model: owner } = services;
  const idle = () => (get().phase === 'ready' ? owner.current : null);
  async function start(model: Model, run: PendingRun & { text: Version }): Promise<void> {
    set(startNew(get(), run, environment.now()));
    await runner.follow(model, run);
  }
  return {
    run: null,
    pending: null,
    drawn: null,
    stop: runner.stop,
    async write() {
      const model = idle();
      if (model) await start(model, newRun(get(), model, environment.seed()));
    },
    async writeWith(changes) {
      const model = idle();
      if (!model) return;
      const state = get();
      await start(model, newRun(state, model, environment.seed(), state.settings, changes));
    },
    async step() {
      const model = idle();
      if (!model) return;
      const state = get();
      const run = newRun(state, model, environment.seed(), stepSettings(state));
      const { tokens } = run.text;
      const known = state.next?.key === tokens.map((token) => token.id).join(',');
      await start(model, run);
      if (currentVersion(get()).tokens.length === tokens.length + 1)
        set({ drawn: { version: run.version, index: tokens.length, from: known ? state.next : null } });
    },
    async resumeRun(run) {
      const model = idle();
      const start = startAgain(get(), run, environment.now());
      if (!model || !start) return;
      set(start);
      await runner.follow(model, run);
    },
    async tryAgain() {
      const state = get();
      if (!idle()) return;
      // A pinned seed would write the very same text: another try moves it on.
      const pinned = state.settings.seed !== null;
      const settings = pinned ? { ...state.settings, seed: environment.seed() } : state.settings;
      const before = currentVersion(state);
      const changes = before.run?.changes;
      set({ ...openVersion(state, withoutContinuation(before)), settings });
      await (changes ? get().writeWith(changes) : get().write());
    },
    async branch(index, choice) {
      const state = get();
      if (!idle()) return;
      set(openVersion(state, branchAt(currentVersion(state), index, choice)));
      await get().write();
    },
  };
};
