import type { GpuInfo } from '../../gpu/index.ts';
import { clamp, defined } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import type { AttentionVariant, MatmulVariant, WeightDtype } from '../../shaders/index.ts';
import { type GpuModel, widestLinears } from './gpu-model.ts';
import type { DecodeAttention } from './options.ts';

/**
 * Multiply-adds a single dispatch may take: about 100 ms on the slowest device of its kind, so that the rest of the
 * page keeps drawing.
 */
function dispatchBudget(info: Pick<GpuInfo, 'software'>): number {
  return info.software ? 5e8 : 4e9;
}

/** Hundreds of workgroups in every product of a small model already; a chunk's vectors take memory. */
const mostRows = 512;

/** Rows of a chunk, so that the widest product of a block stays within the budget. */
export function chunkRows(info: Pick<GpuInfo, 'software'>, config: GPT2Config): number {
  return rowsWithin(info, config, mostRows);
}

/** Rows of runs that go through side by side, beside the cache: more at once share more. */
export function runRows(info: Pick<GpuInfo, 'software'>, config: GPT2Config): number {
  return rowsWithin(info, config, 2 * mostRows);
}

function rowsWithin(info: Pick<GpuInfo, 'software'>, { nEmbd, nInner }: GPT2Config, most: number): number {
  const perRow = nEmbd * Math.max(3 * nEmbd, nInner);
  return clamp(Math.floor(dispatchBudget(info) / perRow / 8) * 8, 8, most);
}

/** Rows whose logits are computed at once. */
export function logitRows(info: GpuInfo, { nEmbd, vocabSize }: GPT2Config): number {
  return clamp(Math.floor(dispatchBudget(info) / (nEmbd * vocabSize) / 8) * 8, 4, 64);
}

/** Multiply-adds of one submit: several dispatch budgets' worth. */
export function submitBudget(info: GpuInfo): number {
  return 4 * dispatchBudget(info);
}

const direct: MatmulVariant = { kind: 'direct', tm: 4, rn: 8, workgroup: 16 };
/** A software adapter compiles half the tile in a third of the time, and runs it nearly as fast. */
const softwareDirect: MatmulVariant = { ...direct, rn: 4 };
const tiled: MatmulVariant = { kind: 'tiled', tm: 8, rn: 4, workgroup: 128 };
/** Narrower subgroups share too little to pay for the shuffles. */
const leastShare = 8;

/**
 * Ways to compute a chunk's products on this device that are worth timing, the default first. Tiles in f16 round x, which
 * is no more than weights in f16 or less have been rounded themselves; f32 promises more.
 */
export function candidateMatmuls(info: GpuInfo, dtype: WeightDtype): [MatmulVariant, ...MatmulVariant[]] {
  const share = Math.min(32, info.subgroupMinSize);
  const shared = (tm: number, workgroup: number): MatmulVariant[] =>
    share < leastShare ? [] : [{ kind: 'broadcast', tm, rn: 8, workgroup, share }];
  // A software adapter pays for every barrier, and takes seconds to compile tiles.
  if (info.software) {
    const [first, ...others] = [...shared(5, 16), ...shared(4, 32), softwareDirect];
    return [first ?? softwareDirect, ...others];
  }
  const tile = (tm: number, rn: number, workgroup: number): MatmulVariant => ({
    ...tiled,
    tm,
    rn,
    workgroup,
  });
  const halves = dtype !== 'f32' && info.features.includes('shader-f16');
  const tiles = [tile(4, 4, 256), tile(4, 4, 128), tile(8, 4, 64)];
  const half = halves ? [tiled, ...tiles].map((variant) => ({ ...variant, half: true })) : [];
  return [tiled, ...half, ...tiles, ...shared(4, 32), ...shared(4, 64), direct];
}

/**
 * Without any measurement: tiles in workgroup memory are what a GPU is fast with; a software adapter shares loads by
 * shuffles where its subgroups are wide enough.
 */
export function defaultMatmul(info: GpuInfo): MatmulVariant {
  return candidateMatmuls(info, 'f32')[0];
}

/**
 * A GPU lane has registers for one query; a software adapter's registers are memory anyway, and its loads are dear
 * enough to share each between two queries. With eight queries it runs as fast and compiles for ten seconds.
 */
export function defaultAttention(info: GpuInfo): AttentionVariant {
  return info.software ? { queries: 2, keys: 2, workgroup: 16 } : { queries: 1, keys: 8, workgroup: 32 };
}

/**
 * A GPU hides the latency of its loads behind many lanes, and heads alone are too few for it. A software adapter runs
 * lanes one after the other and pays for every barrier: as many lanes as a common head has vec4s, so that a value's lanes
 * are one group, and no parts, since its cores have a head each.
 */
export function defaultDecodeAttention(info: Pick<GpuInfo, 'software'>): DecodeAttention {
  return info.software
    ? { workgroup: 16, tile: 1024, splitFrom: Number.POSITIVE_INFINITY }
    : { workgroup: 128, tile: 1024, splitFrom: 256 };
}

/** Key under which the autotuner stores the best variant: everything the choice depends on. */
export function matmulKey(model: GpuModel): string {
  const [widest] = widestLinears(model);
  const { dtype, rows, columns } = defined(widest, 'a product').matrix.format;
  return `chunk ${dtype} ${rows}x${columns}`;
}
