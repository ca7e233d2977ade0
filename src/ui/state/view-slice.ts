import type { ViewActions, ViewData } from './page-state.ts';
import { defaultSettings } from './settings.ts';
import type { Slice } from './slice.ts';

export const createViewSlice: Slice<ViewData & ViewActions> = () => (set) => ({
  settings: defaultSettings,
  visiting: false,
  dialog: null,
  error: null,
  online: true,
  checking: false,
  shaded: true,
  chips: false,
  tab: 'sampling',
  guide: null,
  presenting: false,
  set: (settings) => set((state) => ({ settings: { ...state.settings, ...settings } })),
  show: (dialog) => set({ dialog }),
  fail: (error) => set({ error }),
  setOnline: (online) => set({ online }),
  setShaded: (shaded) => set({ shaded }),
  setChips: (chips) => set({ chips, inspected: null }),
  openTab: (tab) => set({ tab }),
  setGuide: (guide) => set({ guide }),
  setPresenting: (presenting) => set(presenting ? { presenting, tab: 'sampling' } : { presenting }),
});
