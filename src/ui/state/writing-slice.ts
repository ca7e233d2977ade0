import type { FinishReason, GeneratedToken, Model } from '../../engine/index.ts';
import { branchAt, type RunOrigin, type Version, withoutContinuation } from './document.ts';
import { keepAll, openVersion, remember, withVersion } from './document-slice.ts';
import type { Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { frameBatch } from './frame-batch.ts';
import { editsOf } from './inside-changes.ts';
import type { Changes } from './model-changes.ts';
import { tokenize } from './model-text.ts';
import { questionsAnswered } from './open-questions.ts';
import type { PageState, PageStore, WritingActions, WritingData } from './page-state.ts';
import { RunWriter } from './run-writer.ts';
import { currentVersion } from './selectors.ts';
import { optionsFor } from './server-model.ts';
import { generateOptions, type Settings } from './settings.ts';
import type { Slice } from './slice.ts';
import { Speedometer } from './speed.ts';
import type { Continuation, PendingRun, Run } from './types.ts';

/** Alternatives kept with every written token. */
export const alternativesPerToken = 10;

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
    ...optionsFor(model, generateOptions(origin.settings, origin.seed)),
    logprobs: alternativesPerToken,
    signal,
    ...(origin.changes && { edits: await editsOf(model, origin.changes) }),
  };
  try {
    for await (const token of model.generate(ids, options)) {
      speed.token(now());
      finishReason = token.finishReason ?? finishReason;
      batch.push(token);
      await questionsAnswered(store, signal);
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

/** State when another try at the newest text begins. */
function startOver(state: PageState, drawSeed: () => number): Partial<PageState> {
  // A pinned seed would write the very same text: another try moves it on.
  const pinned = state.settings.seed !== null;
  const settings = pinned ? { ...state.settings, seed: drawSeed() } : state.settings;
  return { ...openVersion(state, withoutContinuation(currentVersion(state))), settings };
}

/** Begins runs at the end of the current text. */
function createStarter(store: PageStore, { environment }: Services, runner: ReturnType<typeof createRunner>) {
  const { getState, setState } = store;
  async function start(model: Model, run: PendingRun & { text: Version }): Promise<void> {
    setState(startNew(getState(), run, environment.now()));
    await runner.follow(model, run);
  }
  return {
    write(model: Model, changes?: Changes): Promise<void> {
      const state = getState();
      return start(model, newRun(state, model, environment.seed(), state.settings, changes));
    },
    /** Goes on with a stored run. */
    async resume(model: Model, run: PendingRun): Promise<void> {
      const start = startAgain(getState(), run, environment.now());
      if (!start) return;
      setState(start);
      await runner.follow(model, run);
    },
    async step(model: Model): Promise<void> {
      const state = getState();
      const run = newRun(state, model, environment.seed(), stepSettings(state));
      const { tokens } = run.text;
      const known = state.next?.key === tokens.map((token) => token.id).join(',');
      await start(model, run);
      if (currentVersion(getState()).tokens.length === tokens.length + 1)
        setState({ drawn: { version: run.version, index: tokens.length, from: known ? state.next : null } });
    },
  };
}

export const createWritingSlice: Slice<WritingData & WritingActions> = (services) => (set, get, store) => {
  const runner = createRunner(store, services);
  const starter = createStarter(store, services, runner);
  const { environment, model: owner } = services;
  const idle = () => (get().phase === 'ready' ? owner.current : null);
  async function whenIdle(begin: (model: Model) => Promise<void>): Promise<void> {
    const model = idle();
    if (model) await begin(model);
  }
  return {
    run: null,
    pending: null,
    drawn: null,
    stop: runner.stop,
    write: () => whenIdle((model) => starter.write(model)),
    writeWith: (changes) => whenIdle((model) => starter.write(model, changes)),
    step: () => whenIdle(starter.step),
    resumeRun: (run) => whenIdle((model) => starter.resume(model, run)),
    async tryAgain() {
      if (!idle()) return;
      const { changes } = currentVersion(get()).run ?? {};
      set(startOver(get(), () => environment.seed()));
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
