import type { LoadOptions, MemoryPlan, Model } from '../../engine/index.ts';
import { VitrineError, type VitrineErrorCode } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';
import { plainVersion } from './document.ts';
import { keepAll } from './document-slice.ts';
import type { Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { decodeIds } from './model-text.ts';
import type { ModelData, PageState, PageStore } from './page-state.ts';
import { isOnServer } from './server-model.ts';
import type { LoadedModel, LoadRequest, PageError, ServerAddress } from './types.ts';

/** Which hub, and the visitor's token for it. */
export function hubOptions(services: Services, state: ModelData): Pick<LoadOptions, 'hub' | 'token'> {
  const { hub } = services;
  return { ...(hub ? { hub } : {}), ...(state.accessToken ? { token: state.accessToken } : {}) };
}

/** Texts of another model keep their words only: its ids mean other tokens to this one, its probabilities are not this one's. */
export function textsFor(state: PageState, source: LoadRequest['source']): Partial<PageState> {
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

export function shownModel(model: Model): LoadedModel {
  const { id, revision, dtype, config } = model;
  const tokenText = (token: number) => decodeIds(model, [token]);
  const shown = { id, revision, dtype, config, tokenText };
  return isOnServer(model)
    ? { ...shown, adapter: null, card: null, server: model }
    : { ...shown, adapter: model.adapter, card: model.card, server: null };
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
    inside: { ...state.inside, answers: {}, written: null, problem: null, cell: null },
    drawn: null,
    selfCheck: { running: false, report: null },
  };
}

/** A loaded model stays until the next one is ready where both together need no more than this. */
const bothBytes = 1.5 * 2 ** 30;

/** The model that the page comes back to when a load fails or is cancelled. */
type Kept = Pick<PageState, 'model' | 'request' | 'fallback'>;

/** One load at a time; a newer one ends the one before. */
export class Loader {
  readonly #store: PageStore;
  readonly #services: Services;
  #control: AbortController | null = null;
  #kept: Kept | null = null;

  constructor(store: PageStore, services: Services) {
    this.#store = store;
    this.#services = services;
  }

  abort(): void {
    this.#control?.abort();
  }

  /** The page with the model that was there before the load; null where there is none. */
  restore(): Partial<PageState> | null {
    const kept = this.#kept;
    this.#kept = null;
    return kept && { ...kept, phase: 'ready', progress: null };
  }

  async load(request: LoadRequest): Promise<boolean> {
    const control = this.#begin();
    try {
      const loadable = !this.#replacesModel(request) || (await this.#check(request, control));
      if (!loadable) return false;
      this.#leave(loadable === 'beside' || request.kind === 'server');
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
    return this.#services.model.current !== null && kind !== 'bundled' && kind !== 'server';
  }

  /**
   * Before a loaded model is unloaded, what is to replace it is read as far as its headers. True where it can be loaded,
   * `beside` where it fits beside the loaded one.
   */
  async #check(request: LoadRequest, { signal }: AbortController): Promise<boolean | 'beside'> {
    const { backend, model } = this.#services;
    const { getState, setState } = this.#store;
    setState({ checking: true });
    try {
      const plan = await backend.planMemory(request.source, {
        ...hubOptions(this.#services, getState()),
        signal,
      });
      if (signal.aborted || !model.current) return !signal.aborted;
      return fitsBeside(plan, request, model.current) ? 'beside' : true;
    } catch (error) {
      if (isGpuMissing(error)) return true;
      if (!signal.aborted) setState({ ...this.restore(), error: failedBeside(error, request) });
      return false;
    } finally {
      setState({ checking: false });
    }
  }

  /** Takes the loaded model off the page, and unloads it unless it can stay until the next one is ready. */
  #leave(keep: boolean): void {
    const { model, request, fallback, stop } = this.#store.getState();
    stop();
    if (model) this.#kept = { model, request, fallback };
    if (!keep) this.#unload();
  }

  #unload(): void {
    this.#kept = null;
    this.#services.model.replace(null);
  }

  async #replaceModel(request: LoadRequest, control: AbortController): Promise<boolean> {
    const { setState } = this.#store;
    setState((state) => loadingState(state, request));
    try {
      const model = await this.#open(request, control.signal);
      if (control.signal.aborted) {
        model.dispose();
        return false;
      }
      this.#kept = null;
      this.#services.model.replace(model);
      const loaded: Partial<PageState> = { phase: 'ready', progress: null, model: shownModel(model) };
      setState((state) => ({ ...textsFor(state, request.source), ...loaded }));
      return true;
    } catch (error) {
      return !control.signal.aborted && (await this.#recover(request, control, error));
    }
  }

  /** What is left to try after a failed load, or the page with the error and the model from before. */
  async #recover(request: LoadRequest, control: AbortController, error: unknown): Promise<boolean> {
    if (request.backend === 'gpu' && isGpuMissing(error)) return this.#loadOnCpu(request, control, error);
    if (this.#kept && error instanceof VitrineError && error.code === 'out-of-memory') {
      this.#unload();
      return this.#replaceModel(request, control);
    }
    const restored = this.restore();
    this.#store.setState(
      restored
        ? { ...restored, error: failedBeside(error, request) }
        : { phase: 'idle', progress: null, error: toPageError(error, 'load') },
    );
    return false;
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
    if (request.server) return this.#connect(request.server, signal);
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

  #connect(server: ServerAddress, signal: AbortSignal): Promise<Model> {
    const { backend, hub } = this.#services;
    const { serverKey } = this.#store.getState();
    return backend.connect({
      ...server,
      signal,
      ...(hub ? { hub } : {}),
      ...(serverKey ? { apiKey: serverKey } : {}),
    });
  }
}

/** The error of a load that leaves another model on the page. */
function failedBeside(error: unknown, request: LoadRequest): PageError | null {
  const shown = toPageError(error, 'load');
  return shown && { ...shown, modelKept: true, failed: request };
}

/** True where a model and the loaded one need little enough together. */
function fitsBeside({ dtypes, recommended }: MemoryPlan, request: LoadRequest, loaded: Model): boolean {
  const wanted = dtypes.find(({ dtype }) => dtype === (request.dtype ?? recommended));
  return wanted !== undefined && wanted.totalBytes + loaded.stats().gpuBytes <= bothBytes;
}
