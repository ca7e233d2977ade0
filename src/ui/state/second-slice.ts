import type { GeneratedToken, Model } from '../../engine/index.ts';
import { type TextToken, versionText } from './document.ts';
import { ModelOwner, type Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { debounce, frameBatch } from './frame-batch.ts';
import { hubOptions, shownModel } from './model-loader.ts';
import { encodeText } from './model-text.ts';
import type { PageStore, SecondActions, SecondData } from './page-state.ts';
import { belongsToText, toTextToken } from './run-writer.ts';
import { logprobsOver } from './second-reading.ts';
import { currentVersion } from './selectors.ts';
import { generateOptions } from './settings.ts';
import type { Slice } from './slice.ts';
import type { LoadRequest, Run, SecondModel } from './types.ts';

const none: SecondModel = {
  phase: 'none',
  request: null,
  progress: null,
  model: null,
  error: null,
  reading: null,
  written: null,
  shading: true,
};

/** The ids of a text as one string: two texts of the same ids need no second reading. */
export function readingKey(tokens: readonly TextToken[]): string {
  return tokens.map((token) => token.id).join(',');
}

/** Loads the second model, lets it read and write; one of each at a time. */
class Second {
  readonly #store: PageStore;
  readonly #services: Services;
  readonly #owner = new ModelOwner();
  #control: AbortController | null = null;
  #reading = false;

  constructor(store: PageStore, services: Services) {
    this.#store = store;
    this.#services = services;
  }

  change(part: Partial<SecondModel>): void {
    this.#store.setState(({ second }) => ({ second: { ...second, ...part } }));
  }

  close(): void {
    this.#control?.abort();
    this.#owner.replace(null);
    this.change({ ...none, shading: this.#store.getState().second.shading });
  }

  async open(request: LoadRequest): Promise<void> {
    this.close();
    const control = new AbortController();
    this.#control = control;
    const { signal } = control;
    this.change({ phase: 'loading', request });
    try {
      const model = await this.#services.backend.engine.loadModel(request.source, {
        signal,
        backend: request.backend,
        ...(request.dtype ? { dtype: request.dtype } : {}),
        ...hubOptions(this.#services, this.#store.getState()),
        onProgress: (progress) => signal.aborted || this.change({ progress }),
      });
      if (signal.aborted) return model.dispose();
      this.#owner.replace(model);
      this.change({ phase: 'ready', progress: null, model: shownModel(model) });
      await this.read();
    } catch (error) {
      if (!signal.aborted) this.change({ ...none, request, error: toPageError(error, 'load') });
    }
  }

  async read(): Promise<void> {
    const model = this.#owner.current;
    const { phase, second, ...state } = this.#store.getState();
    const version = currentVersion(state);
    const ids = readingKey(version.tokens);
    if (!model || this.#reading || phase !== 'ready' || second.phase !== 'ready') return;
    if (version.tail !== '' || second.reading?.ids === ids) return;
    this.#reading = true;
    try {
      const { ids: own, pieces } = encodeText(model, versionText(version));
      const scores = own.length > 1 ? (await model.score(own)).logprobs : [];
      const read = pieces.map((text, i) => ({ text, logprob: i === 0 ? null : (scores[i] ?? null) }));
      const logprobs = logprobsOver(
        version.tokens.map(({ text }) => text),
        read,
      );
      if (this.#owner.current === model) this.change({ reading: { ids, logprobs }, error: null });
    } catch (error) {
      // Read once: the same text is not tried again and again.
      if (this.#owner.current === model)
        this.change({ reading: { ids, logprobs: [] }, error: toPageError(error, 'score') });
    } finally {
      this.#reading = false;
    }
    // The text may have changed meanwhile.
    await this.read();
  }

  async write(prompt: string, { origin }: Run, first: Promise<void>): Promise<void> {
    const model = this.#owner.current;
    if (!model) return first;
    const control = new AbortController();
    this.#control = control;
    const stopped = first.then(() => {
      if (this.#store.getState().run?.finishReason === 'aborted') control.abort();
    });
    this.change({ phase: 'writing', written: { prompt, tokens: [], finishReason: null }, error: null });
    try {
      const options = {
        ...generateOptions({ ...origin.settings, n: 1 }, origin.seed),
        signal: control.signal,
      };
      await this.#stream(model, encodeText(model, prompt).ids, options);
    } catch (error) {
      if (this.#owner.current === model) this.change({ error: toPageError(error, 'generate') });
    }
    if (this.#owner.current === model) this.change({ phase: 'ready' });
    await stopped;
    await this.read();
  }

  async #stream(model: Model, ids: number[], options: Parameters<Model['generate']>[1]): Promise<void> {
    const batch = frameBatch<GeneratedToken>((tokens) => {
      const { written } = this.#store.getState().second;
      if (!written || this.#owner.current !== model) return;
      const own = tokens.filter((token) => belongsToText(token, model)).map(toTextToken);
      const finishReason = tokens.at(-1)?.finishReason ?? null;
      this.change({ written: { ...written, tokens: [...written.tokens, ...own], finishReason } });
    });
    try {
      for await (const token of model.generate(ids, options)) batch.push(token);
    } finally {
      batch.flush();
    }
  }
}

const restMs = 400;

export const createSecondSlice: Slice<SecondData & SecondActions> = (services) => (_set, get, store) => {
  const second = new Second(store, services);
  return {
    second: none,
    openSecond: (request) => second.open(request),
    closeSecond: () => second.close(),
    readSecond: debounce(restMs, () => void second.read()),
    async writeBoth() {
      const prompt = versionText(currentVersion(get()));
      if (get().phase !== 'ready' || get().second.phase !== 'ready') return;
      const writing = get().write();
      const { run, phase } = get();
      await (run && phase === 'generating' ? second.write(prompt, run, writing) : writing);
    },
    setSecondShading: (shading) => second.change({ shading }),
  };
};
