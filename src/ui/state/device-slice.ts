import { toPageError } from './error-messages.ts';
import { hubOptions } from './model-loader.ts';
import type { DeviceActions, DeviceData } from './page-state.ts';
import type { Slice } from './slice.ts';

export const createDeviceSlice: Slice<DeviceData & DeviceActions> = (services) => (set, get) => {
  const { backend } = services;
  return {
    selfCheck: { running: false, report: null },
    plan: (source, signal) => backend.planMemory(source, { ...hubOptions(services, get()), signal }),
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
