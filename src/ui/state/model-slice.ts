import type { LoadOptions, Model } from '../../engine/index.ts';
import { VitrineError, type VitrineErrorCode } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';
import { plainVersion } from './document.ts';
import { keepAll } from './document-slice.ts';
import { sortDroppedFiles } from './dropped-files.ts';
import type { Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { decodeIds } from './model-text.ts';
import type { ModelActions, ModelData, PageState, PageStore } from './page-state.ts';
import type { Slice } from './slice.ts';
import type { LoadedModel, LoadRequest, PageError } from './types.ts';

/** Which hub, and the visitor's token for it. */
export function hubOptions(services: Services, state: ModelData): Pick<LoadOptions, 'hub' | 'token'> {
  const { hub } = services;
  return { ...(hub ? { hub } : {}), ...(state.accessToken ? { token: state.accessToken } : {}) };
}

/** Texts of another model keep their words only: its ids mean other tokens to this one, its probabilities are not this one's. */
function textsFor(state: PageState, source: LoadRequest['source']): Partial<PageState> {
  if (state.idsOf === source) return {};
  const plain = <Texts extends Pick<PageState, 'versions'>>(texts: Texts): Texts => ({
    ...texts,
    versions: texts.versions.map(plainVersion),
  });
  const versions = withCurrent(state, keepAll(state)).map(plainVersion);
  return {
    idsOf: source,
    versions,
    past: state.past.map(plain),
    future: state.future.map(plain),
    continuations: [],
  };
}

/** The versions with the current one among them. */
function withCurrent(state: PageState, versions: readonly PageState['versions'][number][]) {
  const current = state.versions.find(({ id }) => id === state.current);
  return current && !versions.includes(current) ? [...versions, current] : versions;
}

/** True where the GPU itself cannot be used, so that the CPU engine is the way on. */
function isGpuMissing(error: unknown): error is VitrineError {
  return (
    error instanceof VitrineError &&
    (error.code === 'webgpu-unavailable' || error.code === 'shader-compilation')
  );
}

function fallbackReason(code: VitrineErrorCode, hasWebGpu: boolean): string {
  const { fallback } = messages;
  if (code === 'shader-compilation') return fallback.shader;
  return hasWebGpu ? fallback.noAdapter : fallback.noWebGpu;
}

function shownModel(model: Model): LoadedModel {
  const { id, revision, dtype, config, adapter, card } = model;
  const tokenText = (token: number) => decodeIds(model, [token]);
  return { id, revision, dtype, config, adapter, card, tokenText };
}

/** The state as a load begins. */
function loadingState(state: PageState, request: LoadRequest): Partial<PageState> {
  return {
    phase: 'loading',
    request,
    model: null,
    error: null,
    notice: null,
    fallback: request.backend === 'cpu' ? state.fallback : null,
    progress: null,
    next: null,
    inspected: null,
    run: null,
    insideView: null,
    drawn: null,
    selfCheck: { running: false, report: null },
  };
}

/** One load at a time; a newer one ends the one before. */
class Loader {
  readonly #store: PageStore;
  readonly #services: Services;
  #control: AbortController | null = null;

  constructor(store: PageStore, services: Services) {
    this.#store = store;
    this.#services = services;
  }

  abort(): void {
    this.#control?.abort();
  }

  async load(request: LoadRequest): Promise<boolean> {
    const control = this.#begin();
    try {
      if (this.#replacesModel(request) && !(await this.#isLoadable(request, control))) return false;
      return await this.#replaceModel(request, control);
    } finally {
      if (this.#control === control) this.#control = null;
    }
  }

  #begin(): AbortController {
    this.abort();
    this.#control = new AbortController();
    return this.#control;
  }

  /** True where a model that works would be unloaded for one that may not. */
  #replacesModel({ kind }: LoadRequest): boolean {
    return this.#services.model.current !== null && kind !== 'bundled';
  }

  /** Before a loaded model is unloaded, what is to replace it is read as far as its headers. */
  async #isLoadable({ source }: LoadRequest, { signal }: AbortController): Promise<boolean> {
    const { backend } = this.#services;
    const { getState, setState } = this.#store;
    setState({ checking: true });
    try {
      await backend.planMemory(source, { ...hubOptions(this.#services, getState()), signal });
      return !signal.aborted;
    } catch (error) {
      if (isGpuMissing(error)) return true;
      const shown = toPageError(error, 'load');
      if (!signal.aborted) setState({ error: shown && { ...shown, modelKept: true } });
      return false;
    } finally {
      setState({ checking: false });
    }
  }

  async #replaceModel(request: LoadRequest, control: AbortController): Promise<boolean> {
    const { setState, getState } = this.#store;
    getState().stop();
    this.#services.model.replace(null);
    setState((state) => loadingState(state, request));
    try {
      const model = await this.#open(request, control.signal);
      if (control.signal.aborted) {
        model.dispose();
        return false;
      }
      this.#services.model.replace(model);
      const loaded: Partial<PageState> = { phase: 'ready', progress: null, model: shownModel(model) };
      setState((state) => ({ ...textsFor(state, request.source), ...loaded }));
      return true;
    } catch (error) {
      if (control.signal.aborted) return false;
      if (request.backend === 'gpu' && isGpuMissing(error))
        return await this.#loadOnCpu(request, control, error);
      setState({ phase: 'idle', progress: null, error: toPageError(error, 'load') });
      return false;
    }
  }

  /** The same model without the GPU; the page says why in one line. */
  #loadOnCpu(request: LoadRequest, control: AbortController, cause: VitrineError): Promise<boolean> {
    const { code, message } = cause;
    const reason = fallbackReason(code, this.#services.environment.hasWebGpu());
    this.#store.setState({ fallback: { code, message, reason } });
    return this.#replaceModel({ ...request, backend: 'cpu' }, control);
  }

  #open(request: LoadRequest, signal: AbortSignal): Promise<Model> {
    const { setState, getState } = this.#store;
    return this.#services.backend.engine.loadModel(request.source, {
      signal,
      backend: request.backend,
      ...(request.dtype ? { dtype: request.dtype } : {}),
      ...hubOptions(this.#services, getState()),
      onProgress(progress) {
        if (signal.aborted) return;
        setState(progress.notice ? { progress, notice: progress.notice } : { progress });
      },
    });
  }
}

function fileError(message: string, modelKept: boolean): PageError {
  return { code: 'unsupported-format', message, during: 'load', modelKept };
}

/** Stores a model that was exported, and loads it. */
async function openExport(
  file: File,
  { backend }: Services,
  { getState, setState }: PageStore,
): Promise<void> {
  try {
    const { id } = await backend.importCached(file);
    await getState().load(requestFor(id));
  } catch (error) {
    const shown = toPageError(error, 'storage');
    setState((state) => ({ error: shown && { ...shown, modelKept: state.model !== null } }));
  }
}

/** Deletes what a load that was cancelled has stored, unless the model was complete before. */
async function dropIncomplete(backend: Services['backend'], source: LoadRequest['source'] | undefined) {
  if (typeof source !== 'string' || source === bundledModel) return;
  const id = source.split('@')[0] ?? source;
  const kept = await backend.listCached().catch(() => []);
  if (kept.some((model) => model.id === id && !model.complete))
    await backend.deleteCached(id).catch(() => {});
}

export const createModelSlice: Slice<ModelData & ModelActions> = (services) => (set, get, store) => {
  const loader = new Loader(store, services);
  return {
    phase: 'starting',
    model: null,
    request: null,
    progress: null,
    notice: null,
    fallback: null,
    keptModel: null,
    modelChoices: [],
    accessToken: '',
    load: (request) => loader.load(request),
    pause() {
      loader.abort();
      set({ phase: 'paused' });
    },
    async resume() {
      const { request } = get();
      return request ? loader.load(request) : false;
    },
    async cancel() {
      loader.abort();
      const { request } = get();
      set({ phase: 'idle', progress: null, request: null });
      await dropIncomplete(services.backend, request?.source);
    },
    forgetChoices: () => set({ modelChoices: [] }),
    setAccessToken: (accessToken) => set({ accessToken }),
    async setAdapter(enabled) {
      const model = services.model.current;
      const { phase, request } = get();
      if (!model || !request || phase !== 'ready') return;
      // Nothing is written or scored meanwhile.
      set({ phase: 'loading', progress: null, next: null, inspected: null });
      try {
        await model.setAdapter(enabled);
        // The other weights give the texts other probabilities.
        set({ ...textsFor({ ...get(), idsOf: null }, request.source), run: null, model: shownModel(model) });
      } catch (error) {
        set({ error: toPageError(error, 'load') });
      }
      if (services.model.current === model) set({ phase: 'ready' });
    },
    async openFiles(files) {
      const found = sortDroppedFiles(files);
      set({ modelChoices: found.kind === 'choice' ? found.models : [] });
      if (found.kind === 'model') await loader.load(requestFor(found.files));
      if (found.kind === 'text') get().openText(await found.file.text());
      if (found.kind === 'export') await openExport(found.file, services, store);
      if (found.kind === 'problem') set({ error: fileError(found.message, get().model !== null) });
    },
  };
};
