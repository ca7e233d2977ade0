import { toPageError } from './error-messages.ts';
import { hubOptions } from './model-slice.ts';
import type { DeviceActions, DeviceData } from './page-state.ts';
import type { Slice } from './slice.ts';

export const createDeviceSlice: Slice<DeviceData & DeviceActions> = (services) => (set, get) => {
  const { backend, model } = services;
  return {
    selfCheck: { running: false, report: null },
    plan: (source, signal) => backend.planMemory(source, { ...hubOptions(services, get()), signal }),
    async inside(ids) {
      try {
        return (await model.current?.inspect(ids, { attention: true, logitLens: { top: 1 } })) ?? null;
      } catch (error) {
        set({ error: toPageError(error, 'score') });
        return null;
      }
    },
    async check() {
      if (get().selfCheck.running) return;
      set({ selfCheck: { running: true, report: null } });
      try {
        const cpu = get().request?.backend === 'cpu';
        const report = await backend.selfCheck({ backend: cpu ? 'cpu' : 'auto' });
        set({ selfCheck: { running: false, report } });
      } catch (error) {
        set({ selfCheck: { running: false, report: null }, error: toPageError(error, 'check') });
      }
    },
  };
};
