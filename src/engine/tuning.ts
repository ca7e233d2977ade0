import { createStore, get, set, type UseStore } from 'idb-keyval';
import type { Gpu, GpuInfo } from '../gpu/index.ts';
import {
  chooserOf,
  type GpuModel,
  type KernelVariants,
  type Known,
  matmulKey,
  productKeys,
} from '../runtime/index.ts';
import type { MatmulVariant, MatvecVariant } from '../shaders/index.ts';

/** Kernels measured on an adapter. */
export interface Tuning {
  /** Of a token's products, by the key of each. */
  products: Map<string, Known<MatvecVariant>>;
  /** Of a prompt's products, by the model's key. */
  chunks: Map<string, Known<MatmulVariant>>;
}

/** As it is kept: what {@link Tuning} holds, as entries. */
interface Kept {
  products: [string, Known<MatvecVariant>][];
  chunks: [string, Known<MatmulVariant>][];
}

/** Milliseconds that a visit may spend on choosing kernels; what is left to try waits for the next. */
export const visitBudget = 300;
/** Where the caller asked for it, while the model loads. */
export const thoroughBudget = 2200;
/** Of a budget, for tokens; the rest is for prompts. */
const tokenShare = 2 / 3;

/** What was chosen holds for this adapter, these features, and this version of the kernels. */
const kernelsVersion = 5;

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

/** True when no candidate for any product of the model is left to try. */
export function isTuned(model: GpuModel, { products, chunks }: Tuning): boolean {
  return (
    productKeys(model).every((key) => products.get(key)?.complete) &&
    chunks.get(matmulKey(model))?.complete === true
  );
}

/** The variants to run with. */
export function chosen({ products, chunks }: Tuning, info: GpuInfo, model: GpuModel): KernelVariants {
  const best = new Map([...products].map(([key, known]) => [key, known.best] as const));
  return { chooseVariant: chooserOf(info, best), matmul: chunks.get(matmulKey(model))?.best };
}

/** Measures for about `budget` milliseconds what was not measured before, and remembers it for the next visit. */
export async function tune(gpu: Gpu, model: GpuModel, known: Tuning, budget: number): Promise<Tuning> {
  const { tuneMatmul, tuneProducts } = await import('../runtime/gpu/autotune/index.ts');
  const ends = performance.now() + budget;
  const found = await tuneProducts(gpu, model, { budget: budget * tokenShare, known: known.products });
  const rest = { budget: ends - performance.now(), known: known.chunks };
  const chunks = known.chunks.get(matmulKey(model))?.complete ? [] : [await tuneMatmul(gpu, model, rest)];
  const tuning: Tuning = {
    products: new Map([...known.products, ...found.map((each) => [each.key, kept(each)] as const)]),
    chunks: new Map([...known.chunks, ...chunks.map((each) => [each.key, kept(each)] as const)]),
  };
  const all: Kept = { products: [...tuning.products], chunks: [...tuning.chunks] };
  await remember(storeKey(gpu.info), all);
  return tuning;
}

function kept<V>({ best, tried, complete }: Known<V>): Known<V> {
  return { best, tried, complete };
}
