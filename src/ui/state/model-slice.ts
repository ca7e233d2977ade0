import { sortDroppedFiles } from './dropped-files.ts';
import type { Services } from './environment.ts';
import { toPageError } from './error-messages.ts';
import { bundledModel, requestFor } from './load-request.ts';
import { Loader, shownModel, textsFor } from './model-loader.ts';
import type { ModelActions, ModelData, PageStore } from './page-state.ts';
import type { Slice } from './slice.ts';
import type { LoadRequest, PageError } from './types.ts';

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

/** Writes with the model's adapter or without it. Nothing is written or scored meanwhile. */
async function switchAdapter({ model: owner }: Services, store: PageStore, enabled: boolean): Promise<void> {
  const model = owner.current;
  const { phase, request } = store.getState();
  if (!model || !request || phase !== 'ready') return;
  store.setState({ phase: 'loading', progress: null, next: null, inspected: null });
  try {
    await model.setAdapter(enabled);
    // The other weights give the texts other probabilities.
    const texts = textsFor({ ...store.getState(), idsOf: null }, request.source);
    store.setState({ ...texts, run: null, model: shownModel(model) });
  } catch (error) {
    store.setState({ error: toPageError(error, 'load') });
  }
  if (owner.current === model) store.setState({ phase: 'ready' });
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
    serverKey: '',
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
      set(loader.restore() ?? { phase: 'idle', progress: null, request: null });
      await dropIncomplete(services.backend, request?.source);
    },
    forgetChoices: () => set({ modelChoices: [] }),
    setAccessToken: (accessToken) => set({ accessToken }),
    setServerKey: (serverKey) => set({ serverKey }),
    setAdapter: (enabled) => switchAdapter(services, store, enabled),
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
