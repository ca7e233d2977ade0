import type { GPT2Config } from '../../engine/index.ts';
import type { TextToken } from './document.ts';
import { toPageError } from './error-messages.ts';
import { hubOptions } from './model-loader.ts';
import type { DeviceActions, DeviceData } from './page-state.ts';
import { contextOf } from './scoring-slice.ts';
import { currentVersion } from './selectors.ts';
import type { Slice } from './slice.ts';
import { tokenize } from './writing-slice.ts';

/** More attention than this does not fit beside a model in a browser's memory. */
const mostAttentionBytes = 256 * 2 ** 20;

/** Memory that the attention of every head over `count` tokens takes. */
export function attentionBytes({ nLayer, nHead }: GPT2Config, count: number): number {
  return 4 * nLayer * nHead * count * count;
}

/** The tokens that the model reads to go on from the end of these. */
function readTokens(tokens: readonly TextToken[], positions: number): readonly TextToken[] {
  const count = contextOf(
    tokens.map((token) => token.id),
    positions,
    true,
  )?.length;
  return tokens.slice(tokens.length - (count ?? 0));
}

export const createDeviceSlice: Slice<DeviceData & DeviceActions> = (services) => (set, get) => {
  const { backend, model } = services;
  return {
    insideView: null,
    selfCheck: { running: false, report: null },
    plan: (source, signal) => backend.planMemory(source, { ...hubOptions(services, get()), signal }),
    async inside() {
      const { current } = model;
      if (!current) return;
      const tokens = readTokens(tokenize(currentVersion(get()), current).tokens, current.config.nPositions);
      const ids = tokens.map((token) => token.id);
      const attention = attentionBytes(current.config, ids.length) <= mostAttentionBytes;
      try {
        const inspection = await current.inspect(ids, { attention, logitLens: { top: 1 } });
        if (model.current !== current) return;
        set({ insideView: { ids, texts: tokens.map((token) => token.text), inspection } });
      } catch (error) {
        set({ error: toPageError(error, 'score') });
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
