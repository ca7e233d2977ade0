import type { FinishReason, GeneratedToken, Model } from '../../engine/index.ts';
import { currentVersion, type PageContext, remember, withVersion } from './context.ts';
import { settleTail, type TextToken, type Version, withoutContinuation } from './document.ts';
import { frameBatch } from './frames.ts';
import { textPieces } from './pieces.ts';
import { generateOptions } from './settings.ts';
import { Speedometer } from './speed.ts';
import { toPageError } from './troubles.ts';
import type { PageState, Take } from './types.ts';

/** Alternatives kept with every written token. */
export const alternativesPerToken = 10;

function toTextToken(token: GeneratedToken): TextToken {
  const { id, text, logprob, alternatives } = token;
  return { id, text, logprob, alternatives, origin: 'model' };
}

/** The end-of-text token and pieces swallowed by a stop string are not part of the text. */
function belongsToText(token: GeneratedToken, model: Model): boolean {
  if (token.finishReason === 'aborted') return token.text !== '';
  const ended = token.finishReason === 'eos' && model.config.eosTokenIds.includes(token.id);
  return !ended || token.text !== '';
}

/** Gives typed text its ids. */
export function settle(version: Version, model: Model): Version {
  if (!version.tail) return version;
  const ids = model.encode(version.tail);
  return settleTail(
    version,
    ids,
    textPieces(version.tail, ids, (some) => model.decode(some)),
  );
}

export interface Writing {
  write(): Promise<void>;
  stop(): void;
  anotherTake(): Promise<void>;
  keepTake(sequence: number): void;
}

export function createWriting(page: PageContext): Writing {
  const { store, around } = page;

  function append(base: Version, sequences: number, batch: GeneratedToken[], model: Model) {
    store.setState((state) => {
      const written = batch.filter((token) => belongsToText(token, model));
      if (sequences > 1) return { takes: extendTakes(state.takes, batch, model) };
      const version = state.versions.find((other) => other.id === base.id) ?? base;
      const tokens = [...version.tokens, ...written.map(toTextToken)];
      return { versions: withVersion(state.versions, { ...version, tokens }) };
    });
  }

  function begin(model: Model): {
    version: Version;
    sequences: number;
    seed: number;
    control: AbortController;
  } {
    const state = store.getState();
    const version = settle(currentVersion(state), model);
    const sequences = Math.max(1, Math.round(state.settings.n));
    const seed = state.settings.seed ?? around.seed();
    const control = new AbortController();
    page.running = control;
    const takes: Take[] = Array.from({ length: sequences > 1 ? sequences : 0 }, (_, sequence) => {
      return { sequence, tokens: [], finishReason: null };
    });
    store.setState({
      ...remember(state),
      phase: 'generating',
      error: null,
      inspected: null,
      versions: withVersion(state.versions, version),
      takes,
      run: {
        ...new Speedometer(around.now()).read(around.now()),
        seed,
        finishReason: null,
        left: null,
        stats: null,
      },
    });
    return { version, sequences, seed, control };
  }

  async function stream(model: Model, run: ReturnType<typeof begin>): Promise<FinishReason | null> {
    const { version, sequences, seed, control } = run;
    const speed = new Speedometer(around.now());
    let finishReason: FinishReason | null = null;
    const batch = frameBatch<GeneratedToken>((tokens) => {
      append(version, sequences, tokens, model);
      const reading = speed.read(around.now());
      store.setState((state) => (state.run ? { run: { ...state.run, ...reading } } : {}));
    });
    const options = { ...generateOptions(store.getState().settings, seed), logprobs: alternativesPerToken };
    const ids = version.tokens.map((token) => token.id);
    try {
      for await (const token of model.generate(ids, { ...options, signal: control.signal })) {
        speed.token(around.now());
        finishReason = token.finishReason ?? finishReason;
        batch.push(token);
      }
    } finally {
      batch.flush();
      const tokensPerSecond = speed.mean(around.now());
      store.setState((state) => (state.run ? { run: { ...state.run, tokensPerSecond } } : {}));
    }
    return control.signal.aborted ? 'aborted' : finishReason;
  }

  async function write(): Promise<void> {
    const model = page.model;
    if (!model || store.getState().phase !== 'ready') return;
    let run: ReturnType<typeof begin> | null = null;
    try {
      run = begin(model);
      const finishReason = await stream(model, run);
      finish(page, finishReason);
    } catch (error) {
      finish(page, 'aborted');
      store.setState({ error: toPageError(error, 'generate') });
    } finally {
      if (run && page.running === run.control) page.running = null;
    }
  }

  return {
    write,
    stop() {
      page.running?.abort();
    },
    async anotherTake() {
      const state = store.getState();
      if (state.phase !== 'ready') return;
      const version = withoutContinuation(currentVersion(state));
      // A pinned seed would write the very same text: another take moves it on.
      const pinned = state.settings.seed !== null;
      const settings = pinned ? { ...state.settings, seed: around.seed() } : state.settings;
      const versions = [...state.versions, version];
      store.setState({ ...remember(state), settings, versions, current: version.id });
      await write();
    },
    keepTake(sequence) {
      store.setState((state) => keep(state, sequence));
    },
  };
}

function finish(page: PageContext, finishReason: FinishReason | null): void {
  page.store.setState((state) => {
    const left = { version: state.current, tokens: currentVersion(state).tokens.length };
    const run = state.run && { ...state.run, finishReason, left, stats: page.model?.stats() ?? null };
    return { phase: page.model ? 'ready' : 'idle', run };
  });
}

function extendTakes(takes: readonly Take[], batch: readonly GeneratedToken[], model: Model): Take[] {
  return takes.map((take) => {
    const own = batch.filter((token) => token.sequence === take.sequence);
    if (own.length === 0) return take;
    const written = own.filter((token) => belongsToText(token, model)).map(toTextToken);
    const finishReason = own.at(-1)?.finishReason ?? take.finishReason;
    return { ...take, tokens: [...take.tokens, ...written], finishReason };
  });
}

/** Every take becomes a version, so that none is lost; the chosen one is gone on with. */
function keep(state: PageState, sequence: number): Partial<PageState> {
  const base = currentVersion(state);
  const made = state.takes.map((take) => {
    const id = `${base.id}.${take.sequence}`;
    return { id, tokens: [...base.tokens, ...take.tokens], tail: '' };
  });
  const chosen = made[state.takes.findIndex((take) => take.sequence === sequence)];
  if (!chosen) return {};
  const versions = [...state.versions.filter((version) => version.id !== base.id), ...made];
  return { ...remember(state), versions, current: chosen.id, takes: [], inspected: null };
}
