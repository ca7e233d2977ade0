import type { LoadOptions, Model } from '../../engine/index.ts';
import { VitrineError, type VitrineErrorCode } from '../../lib/index.ts';
import type { PageContext } from './context.ts';
import { plainVersion } from './document.ts';
import { toPageError } from './troubles.ts';
import type { LoadRequest, PageState } from './types.ts';

export const bundledModel = 'tiny-tales';

export function requestFor(source: string | File[]): LoadRequest {
  const name = typeof source === 'string' ? source : `${source.length} local files`;
  return { source, name, dtype: null, backend: 'gpu' };
}

/** True for what needs no network: the model that comes with the page. */
export function isBundled(source: string | File[]): boolean {
  return source === bundledModel;
}

/** Which hub, and the visitor's token for it. */
export function hubOptions(page: PageContext): Pick<LoadOptions, 'hub' | 'token'> {
  return { ...(page.hub ? { hub: page.hub } : {}), ...(page.token ? { token: page.token } : {}) };
}

/** Texts of another model keep their words alone: its ids mean other tokens to this one, its odds are not this one's. */
function textsFor(state: PageState, source: LoadRequest['source']): Partial<PageState> {
  if (state.idsOf === source) return {};
  const plain = <Texts extends Pick<PageState, 'versions'>>(texts: Texts): Texts => ({
    ...texts,
    versions: texts.versions.map(plainVersion),
  });
  return {
    idsOf: source,
    versions: plain(state).versions,
    undo: state.undo.map(plain),
    redo: state.redo.map(plain),
    takes: [],
  };
}

/** True where the GPU itself cannot be used, so that the CPU engine is the way on. */
function isGpuMissing(error: unknown): error is VitrineError {
  return (
    error instanceof VitrineError &&
    (error.code === 'webgpu-unavailable' || error.code === 'shader-compilation')
  );
}

function fallbackReason(code: VitrineErrorCode, hasWebGpu: boolean): string {
  if (code === 'shader-compilation') return 'this browser cannot compile the GPU code';
  return hasWebGpu ? 'WebGPU finds no graphics adapter' : 'this browser has no WebGPU';
}

export interface Loading {
  load(request: LoadRequest): Promise<boolean>;
  pause(): void;
  resume(): Promise<boolean>;
  cancel(): Promise<void>;
}

export function createLoading(page: PageContext): Loading {
  const { store, backend } = page;

  function begin(request: LoadRequest): AbortController {
    page.running?.abort();
    page.loading?.abort();
    page.model?.dispose();
    page.model = null;
    const control = new AbortController();
    page.loading = control;
    store.setState((state) => ({
      phase: 'loading',
      request,
      model: null,
      error: null,
      notice: null,
      fallback: request.backend === 'cpu' ? state.fallback : null,
      progress: null,
      next: null,
      inspected: null,
      selfCheck: { running: false, report: null },
    }));
    return control;
  }

  function open(request: LoadRequest, control: AbortController): Promise<Model> {
    return backend.engine.loadModel(request.source, {
      signal: control.signal,
      backend: request.backend,
      ...(request.dtype ? { dtype: request.dtype } : {}),
      ...hubOptions(page),
      onProgress(progress) {
        if (control.signal.aborted) return;
        store.setState(progress.notice ? { progress, notice: progress.notice } : { progress });
      },
    });
  }

  async function load(request: LoadRequest): Promise<boolean> {
    const control = begin(request);
    try {
      const model = await open(request, control);
      if (control.signal.aborted) {
        model.dispose();
        return false;
      }
      page.model = model;
      const { id, revision, dtype, config, adapter } = model;
      store.setState((state) => ({
        ...textsFor(state, request.source),
        phase: 'ready',
        progress: null,
        model: { id, revision, dtype, config, adapter },
      }));
      return true;
    } catch (error) {
      if (control.signal.aborted) return false;
      if (request.backend === 'gpu' && isGpuMissing(error)) return await loadOnCpu(request, error);
      store.setState({ phase: 'idle', progress: null, error: toPageError(error, 'load') });
      return false;
    } finally {
      if (page.loading === control) page.loading = null;
    }
  }

  /** The same model without the GPU; the page says why in one line. */
  function loadOnCpu(request: LoadRequest, cause: VitrineError): Promise<boolean> {
    const { code, message } = cause;
    store.setState({ fallback: { code, message, reason: fallbackReason(code, page.around.hasWebGpu()) } });
    return load({ ...request, backend: 'cpu' });
  }

  return {
    load,
    pause() {
      page.loading?.abort();
      store.setState({ phase: 'paused' });
    },
    resume() {
      const { request } = store.getState();
      return request ? load(request) : Promise.resolve(false);
    },
    async cancel() {
      page.loading?.abort();
      const { request } = store.getState();
      store.setState({ phase: 'idle', progress: null, request: null });
      if (typeof request?.source !== 'string' || isBundled(request.source)) return;
      const id = request.source.split('@')[0] ?? request.source;
      const kept = await backend.listCached().catch(() => []);
      if (kept.some((model) => model.id === id && !model.complete))
        await backend.deleteCached(id).catch(() => {});
    },
  };
}
