import { createStore, get, set, type UseStore } from 'idb-keyval';
import type { Gpu, GpuInfo } from '../gpu/index.ts';
import { type GPT2, shapeKey, tuneProducts } from '../model/index.ts';
import type { MatvecVariant } from '../shaders/index.ts';

/** Variants by the key of their product. */
export type TunedVariants = Map<string, MatvecVariant>;

/** Milliseconds a first load may spend on choosing kernels. */
const budget = 1500;

/** What was chosen holds for this adapter, these features, and this version of the kernels. */
const kernelsVersion = 1;

function storeKey({ vendor, architecture, device, description, features }: GpuInfo): string {
  return [kernelsVersion, vendor, architecture, device, description, features.join()].join('|');
}

function store(): UseStore | undefined {
  return typeof indexedDB === 'undefined' ? undefined : createStore('vitrine-tuning', 'variants');
}

/** What was measured on this adapter before; empty where nothing was, or where storage is denied. */
export async function recallTuning(gpu: Gpu): Promise<TunedVariants> {
  try {
    const kept = store();
    const entries = kept && (await get<[string, MatvecVariant][]>(storeKey(gpu.info), kept));
    return new Map(entries ?? []);
  } catch {
    return new Map();
  }
}

/** True when every product of the model has a measured variant. */
export function isTuned(model: GPT2, tuned: TunedVariants): boolean {
  const { config, h, lm_head } = model;
  const epsilon = config.layerNormEpsilon;
  const linears = h[0]
    ? [h[0].attn.c_attn, h[0].attn.c_proj, h[0].mlp.c_fc, h[0].mlp.c_proj, lm_head]
    : [lm_head];
  return linears.every(({ matrix, normed }) => {
    const shape = { matrix: matrix.format, columns: 1, normEpsilon: normed ? epsilon : undefined };
    return tuned.has(shapeKey(shape));
  });
}

/** Measures, and remembers for the next visit. */
export async function tune(gpu: Gpu, model: GPT2, known: TunedVariants): Promise<TunedVariants> {
  const found = await tuneProducts(gpu, model, { budget });
  const tuned = new Map([...known, ...found.map(({ key, best }) => [key, best] as const)]);
  try {
    const kept = store();
    if (kept) await set(storeKey(gpu.info), [...tuned], kept);
  } catch {
    // Storage is denied or full: the next visit measures again.
  }
  return tuned;
}
