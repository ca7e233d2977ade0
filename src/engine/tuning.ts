import { createStore, get, set, type UseStore } from 'idb-keyval';
import type { Gpu, GpuInfo } from '../gpu/index.ts';
import { type GpuModel, matmulKey, productKeys } from '../runtime/index.ts';
import type { MatmulVariant, MatvecVariant } from '../shaders/index.ts';

/** Kernels measured on an adapter. */
export interface Tuning {
  /** Of a token's products, by the key of each. */
  products: Map<string, MatvecVariant>;
  /** Of a prompt's products, by the model's key. */
  chunks: Map<string, MatmulVariant>;
}

/** As it is kept: what {@link Tuning} holds, as entries. */
interface Kept {
  products: [string, MatvecVariant][];
  chunks: [string, MatmulVariant][];
}

/** Milliseconds a first load may spend on choosing kernels: for tokens, and for prompts. */
const tokenBudget = 1500;
const promptBudget = 700;

/** What was chosen holds for this adapter, these features, and this version of the kernels. */
const kernelsVersion = 4;

function storeKey({ vendor, architecture, device, description, features }: GpuInfo): string {
  return [kernelsVersion, vendor, architecture, device, description, features.join()].join('|');
}

function store(): UseStore | undefined {
  return typeof indexedDB === 'undefined' ? undefined : createStore('vitrine-tuning', 'variants');
}

/** What was found on an adapter before; undefined where nothing was, or where storage is denied. */
async function recall<T>(key: string): Promise<T | undefined> {
  try {
    const at = store();
    return at && (await get<T>(key, at));
  } catch {
    return undefined;
  }
}

async function remember(key: string, value: unknown): Promise<void> {
  try {
    const at = store();
    if (at) await set(key, value, at);
  } catch {
    // Storage is denied or full: the next visit finds out again.
  }
}

export function untuned(): Tuning {
  return { products: new Map(), chunks: new Map() };
}

/** What was measured on this adapter before. */
export async function recallTuning(gpu: Gpu): Promise<Tuning> {
  const kept = await recall<Kept>(storeKey(gpu.info));
  return kept ? { products: new Map(kept.products), chunks: new Map(kept.chunks) } : untuned();
}

/**
 * Before kernels with subgroups are trusted on an adapter, products whose result is known go through them. A device
 * that gets one wrong, or cannot run it, is treated as one without subgroups from then on. That they are right is
 * remembered.
 */
export async function disableWrongSubgroups(gpu: Gpu): Promise<void> {
  const { info } = gpu;
  if (!info.features.includes('subgroups') || info.subgroupMinSize === 0) return;
  const key = `subgroups|${storeKey(info)}`;
  if (await recall<boolean>(key)) return;
  // A part of its own: it is needed once on each adapter.
  if (
    await import('../runtime/gpu/autotune/index.ts')
      .then((tuner) => tuner.subgroupsMatchExpected(gpu))
      .catch(() => false)
  )
    return remember(key, true);
  info.features = info.features.filter((feature) => feature !== 'subgroups');
  info.subgroupMinSize = 0;
  info.subgroupMaxSize = 0;
}

/** True when every product of the model has a measured variant. */
export function isTuned(model: GpuModel, { products, chunks }: Tuning): boolean {
  return productKeys(model).every((key) => products.has(key)) && chunks.has(matmulKey(model));
}

/** Measures, and remembers for the next visit. */
export async function tune(gpu: Gpu, model: GpuModel, known: Tuning): Promise<Tuning> {
  const { tuneMatmul, tuneProducts } = await import('../runtime/gpu/autotune/index.ts');
  const found = await tuneProducts(gpu, model, { budget: tokenBudget });
  const chunk = await tuneMatmul(gpu, model, { budget: promptBudget });
  const tuning: Tuning = {
    products: new Map([...known.products, ...found.map(({ key, best }) => [key, best] as const)]),
    chunks: new Map([...known.chunks, [chunk.key, chunk.best]]),
  };
  const kept: Kept = { products: [...tuning.products], chunks: [...tuning.chunks] };
  await remember(storeKey(gpu.info), kept);
  return tuning;
}
