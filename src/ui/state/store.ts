import { persist } from 'zustand/middleware';
import { createStore, type StateCreator } from 'zustand/vanilla';
import { createDeviceSlice } from './device-slice.ts';
import { createDocumentSlice } from './document-slice.ts';
import type { Services } from './environment.ts';
import { createInsideSlice } from './inside-slice.ts';
import { createModelSlice } from './model-slice.ts';
import type { PageState } from './page-state.ts';
import { fromPersisted, type PersistedState, toPersisted } from './persistence.ts';
import { createScoringSlice } from './scoring-slice.ts';
import { createSecondSlice } from './second-slice.ts';
import { createViewSlice } from './view-slice.ts';
import { createWritingSlice } from './writing-slice.ts';

const storageName = 'vitrine';
const storageVersion = 2;

/** The page's store; nothing starts and nothing is read back until `start` is called. */
export function createPageStore(services: Services) {
  const slices: StateCreator<PageState, [['zustand/persist', unknown]], []> = (set, get, store) => ({
    ...createDocumentSlice(services)(set, get, store),
    ...createModelSlice(services)(set, get, store),
    ...createWritingSlice(services)(set, get, store),
    ...createScoringSlice(services)(set, get, store),
    ...createSecondSlice(services)(set, get, store),
    ...createViewSlice(services)(set, get, store),
    ...createDeviceSlice(services)(set, get, store),
    ...createInsideSlice(services)(set, get, store),
  });
  return createStore<PageState>()(
    persist<PageState, [], [], PersistedState>(slices, {
      name: storageName,
      version: storageVersion,
      storage: services.environment.storage,
      skipHydration: true,
      partialize: (state) => toPersisted(state, services.hub),
      merge: (persisted, state) => ({ ...state, ...fromPersisted(persisted, services.hub) }),
    }),
  );
}

export type PersistedPageStore = ReturnType<typeof createPageStore>;
