import { defineKernel, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { type Epilogue, epilogueParts } from '../epilogue/epilogue.ts';
import { chunkBinding, chunkStruct } from '../state/chunk.ts';
import {
  dtypeLayouts,
  type MatrixFormat,
  matrixConstants,
  matrixParts,
  productBindings,
} from '../weights/weights.ts';
import matmulBroadcast from './broadcast.wgsl?raw';
import matmulDirect from './direct.wgsl?raw';
import matmulTiled from './tiled.wgsl?raw';

/** How the product of a whole chunk is computed. */
export interface MatmulVariant {
  /**
   * `direct` shares nothing between lanes and has no barrier; `broadcast` shares weights by shuffles and needs
   * subgroups; `tiled` shares tiles in workgroup memory.
   */
  kind: 'direct' | 'broadcast' | 'tiled';
  /** Rows of x a lane carries. */
  tm: number;
  /** Rows of W a lane carries. */
  rn: number;
  /** Lanes of a workgroup; for `tiled` a multiple of 16. */
  workgroup: number;
  /** Lanes that share what they load, for `broadcast`: a power of two, at most the smallest subgroup. */
  share?: number;
  /** Tiles in f16, for `tiled`: x is rounded to it, sums stay f32. Needs shader-f16. */
  half?: boolean;
}

const texts = { direct: matmulDirect, broadcast: matmulBroadcast };
/**
 * `tile4` and `to_tile`: four numbers of a tile. f16 halves the workgroup memory and its traffic; what is past its
 * range stops at its end instead of becoming infinite.
 */
const tiles = {
  f32: /* wgsl */ `
alias tile4 = vec4f;

fn to_tile(value: vec4f) -> tile4 {
  return value;
}
`,
  f16: /* wgsl */ `
alias tile4 = vec4h;

fn to_tile(value: vec4f) -> tile4 {
  return vec4h(clamp(value, vec4f(-65504.0), vec4f(65504.0)));
}
`,
};

/** Lanes side by side along the rows of W in a tile. */
const tileLanes = 16;

export interface MatmulShape {
  name: string;
  matrix: MatrixFormat;
  /** Floats between rows of x; a multiple of 4. */
  inputStride: number;
  epilogue: Epilogue;
}

/** y = x Wᵀ + t for the rows of a chunk. Bindings: x, w0 …, scales (quantised only), aux, params, out. */
export function matmulKernel(shape: MatmulShape, variant: MatmulVariant): KernelSource {
  const { matrix } = shape;
  const epilogue = epilogueParts(shape.epilogue);
  return defineKernel({
    name: `${shape.name} ${matrix.dtype} ${matrix.rows}x${matrix.columns} ${matmulName(variant)}`,
    ...(variant.kind === 'broadcast' && { features: ['subgroups'], divergent: true }),
    ...(variant.half && { features: ['f16'] }),
    constants: {
      ...matrixConstants(matrix),
      ROWS: matrix.rows,
      X_STRIDE4: shape.inputStride / 4,
      TM: variant.tm,
      RN: variant.rn,
      WG: variant.workgroup,
      SHARE: variant.share ?? 1,
      SCALED: dtypeLayouts[matrix.dtype].perScale > 0,
      ...epilogue.constants,
    },
    structs: [chunkStruct],
    bindings: [...productBindings(matrix), chunkBinding, ...epilogue.bindings],
    parts: [...matrixParts(matrix), ...epilogue.parts, ...productParts(variant)],
  });
}

function productParts({ kind, half }: MatmulVariant): string[] {
  return kind === 'tiled' ? [half ? tiles.f16 : tiles.f32, matmulTiled] : [texts[kind]];
}

export function matmulName({ kind, tm, rn, workgroup, share, half }: MatmulVariant): string {
  return `${kind} t${tm}r${rn}w${workgroup}${share ? `s${share}` : ''}${half ? ' f16' : ''}`;
}

/** Workgroups for a chunk of `rows`: along the rows of W, along the rows of x. */
export function matmulGrid(
  matrix: MatrixFormat,
  { kind, tm, rn, workgroup }: MatmulVariant,
  rows: number,
): [number, number, number] {
  if (kind === 'tiled')
    return [ceilDiv(matrix.rows, rn * tileLanes), ceilDiv(rows, (tm * workgroup) / tileLanes), 1];
  return [ceilDiv(matrix.rows, rn), ceilDiv(rows, tm * workgroup), 1];
}
