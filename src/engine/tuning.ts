import { createStore, get, set, type UseStore } from 'idb-keyval';
import type { Gpu, GpuInfo } from '../gpu/index.ts';
import { type GPT2, matmulKey, shapeKey } from '../model/index.ts';
import { type MatmulVariant, type MatvecVariant, matmulKernel, matvecKernel } from '../shaders/index.ts';

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

export function untuned(): Tuning {
  return { products: new Map(), chunks: new Map() };
}

/** What was measured on this adapter before; empty where nothing was, or where storage is denied. */
export async function recallTuning(gpu: Gpu): Promise<Tuning> {
  try {
    const at = store();
    const kept = at && (await get<Kept>(storeKey(gpu.info), at));
    return kept ? { products: new Map(kept.products), chunks: new Map(kept.chunks) } : untuned();
  } catch {
    return untuned();
  }
}

/** True when every product of the model has a measured variant. */
export function isTuned(model: GPT2, { products, chunks }: Tuning): boolean {
  const { config, h, lm_head } = model;
  const epsilon = config.layerNormEpsilon;
  const linears = h[0]
    ? [h[0].attn.c_attn, h[0].attn.c_proj, h[0].mlp.c_fc, h[0].mlp.c_proj, lm_head]
    : [lm_head];
  const tokens = linears.every(({ matrix, normed }) => {
    const shape = { matrix: matrix.format, columns: 1, normEpsilon: normed ? epsilon : undefined };
    return products.has(shapeKey(shape));
  });
  return tokens && chunks.has(matmulKey(model));
}

/** Measures, and remembers for the next visit. */
export async function tune(gpu: Gpu, model: GPT2, known: Tuning): Promise<Tuning> {
  // A part of its own: it is needed once on each adapter.
  const { tuneMatmul, tuneProducts } = await import('./tuner.ts');
  const kernels = { matmulKernel, matvecKernel };
  const found = await tuneProducts(gpu, model, { budget: tokenBudget, kernels });
  const chunk = await tuneMatmul(gpu, model, { budget: promptBudget, kernels });
  const tuning: Tuning = {
    products: new Map([...known.products, ...found.map(({ key, best }) => [key, best] as const)]),
    chunks: new Map([...known.chunks, [chunk.key, chunk.best]]),
  };
  try {
    const at = store();
    const kept: Kept = { products: [...tuning.products], chunks: [...tuning.chunks] };
    if (at) await set(storeKey(gpu.info), kept, at);
  } catch {
    // Storage is denied or full: the next visit measures again.
  }
  return tuning;
}
