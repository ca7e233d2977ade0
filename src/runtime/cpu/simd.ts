import { assert, roundUp } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { type PanelMath, type Panels, panelRows, plainMath, type Rows } from './packed-matrix.ts';
import { simdModule } from './simd-code.ts';

export type Tile = (w: number, wStride: number, x: number, xEnd: number, y: number, yStride: number) => void;

export type Tiles = Record<'1x4' | '4x1' | '1x1', Tile>;

/** Tiles of a single row of x. */
export type RowTiles = Pick<Tiles, '4x1' | '1x1'>;

/** Rows of x brought into the memory at a time. */
export const blockRows = 32;
export const pageBytes = 65536;
/** Address space of a WebAssembly memory. */
export const mostBytes = 2 ** 32 - pageBytes;

/** The fastest available implementation: SIMD, or plain JavaScript. */
export function createCpuMath(
  config: GPT2Config,
  tied: boolean,
  others: readonly MatrixShape[] = [],
): PanelMath {
  return SimdMath.create(config, tied, others) ?? plainMath;
}

/** Rows and columns of a matrix that will be created, and whether rows of it are looked up. */
export type MatrixShape = readonly [rows: number, columns: number, table?: boolean];

/** Products by WebAssembly SIMD: matrices live in its memory, four sums of f32 in each vector. */
export class SimdMath implements PanelMath {
  private used: number;

  private constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly tiles: Tiles,
    private readonly xAt: number,
    private readonly yAt: number,
    weightsAt: number,
  ) {
    this.used = weightsAt;
  }

  /**
   * Room for a model's matrices and others. undefined where the platform has no SIMD, its policy allows no WebAssembly,
   * or the model is too large for it.
   */
  static create(
    config: GPT2Config,
    tied: boolean,
    others: readonly MatrixShape[] = [],
  ): SimdMath | undefined {
    const { x, y, weights } = sizes(config, tied);
    const more = others.reduce((sum, [rows, columns]) => sum + 4 * roundUp(rows, panelRows) * columns, 0);
    const bytes = x + y + weights + more;
    if (bytes > mostBytes || typeof WebAssembly === 'undefined') return undefined;
    try {
      const module = new WebAssembly.Module(simdModule());
      const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / pageBytes) });
      const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
      return new SimdMath(memory, exports as Tiles, 0, x, x + y);
    } catch {
      return undefined;
    }
  }

  allocate(floats: number): Float32Array {
    const at = this.used;
    this.used += floats * 4;
    assert(this.used <= this.memory.buffer.byteLength, 'the matrices fit the memory made for them');
    return new Float32Array(this.memory.buffer, at, floats);
  }

  multiply(matrix: Panels, x: Rows, output: Float32Array): void {
    const { paddedRows, columns, values } = matrix;
    const floats = new Float32Array(this.memory.buffer);
    for (let first = 0; first < x.count; first += blockRows) {
      const count = Math.min(blockRows, x.count - first);
      interleave(x, first, count, columns, floats.subarray(this.xAt / 4, this.xAt / 4 + count * columns));
      const wStride = columns * panelRows * 4;
      const layout = {
        w: values.byteOffset,
        wStride,
        x: this.xAt,
        xRow: columns * 4,
        y: this.yAt,
        paddedRows,
      };
      forTiles(this.tiles, layout, count);
      const y = floats.subarray(this.yAt / 4, this.yAt / 4 + count * paddedRows);
      output.set(y, first * paddedRows);
    }
  }
}

/** Where the operands of a product lie in the memory, and distances, in bytes. */
export interface TileLayout {
  w: number;
  /** Between two panels of weights. */
  wStride: number;
  x: number;
  /** Of a row of x. */
  xRow: number;
  y: number;
  paddedRows: number;
}

/** All panels times `count` rows of x: four rows at a time, then single ones over four panels. */
export function forTiles(tiles: Tiles, layout: TileLayout, count: number): void {
  const { w, wStride, xRow, paddedRows } = layout;
  const yStride = paddedRows * 4;
  const panels = paddedRows / panelRows;
  const fours = inFours(count);
  if (fours > 0) {
    for (let panel = 0; panel < panels; panel++) {
      for (let t = 0; t < fours; t += 4) {
        const x = layout.x + t * xRow;
        const y = layout.y + t * yStride + panel * panelRows * 4;
        tiles['1x4'](w + panel * wStride, wStride, x, x + 4 * xRow, y, yStride);
      }
    }
  }
  for (let t = fours; t < count; t++) multiplyRow(tiles, layout, t);
}

/** All panels times row `t` of x. */
export function multiplyRow(tiles: RowTiles, layout: TileLayout, t: number): void {
  const { wStride, xRow, paddedRows } = layout;
  const x = layout.x + t * xRow;
  let { w } = layout;
  let y = layout.y + t * paddedRows * 4;
  let panels = paddedRows / panelRows;
  for (; panels >= 4; panels -= 4, w += 4 * wStride, y += 16 * panelRows)
    tiles['4x1'](w, wStride, x, x + xRow, y, 0);
  for (; panels > 0; panels--, w += wStride, y += 4 * panelRows) tiles['1x1'](w, wStride, x, x + xRow, y, 0);
}

/** Rows that go through four at a time. */
export function inFours(count: number): number {
  return count - (count % 4);
}

/** Lays out `count` rows of x for the tiles: groups of four interleaved, the remainder one after the other. */
function interleave(x: Rows, first: number, count: number, columns: number, to: Float32Array): void {
  const fours = inFours(count);
  for (let t = 0; t < count; t++) {
    const from = (first + t) * x.stride;
    if (t >= fours) {
      to.set(x.values.subarray(from, from + columns), t * columns);
      continue;
    }
    for (let k = 0, at = (t - (t % 4)) * columns + (t % 4); k < columns; k++, at += 4)
      to[at] = x.values[from + k]!;
  }
}

/** Bytes for inputs, outputs and all matrices of a model. */
function sizes({ vocabSize: V, nEmbd: E, nInner: I, nLayer: L }: GPT2Config, tied: boolean) {
  const padded = (rows: number) => roundUp(rows, panelRows);
  const block = padded(3 * E) * E + padded(E) * E + padded(I) * E + padded(E) * I;
  return {
    x: 4 * blockRows * Math.max(E, I),
    y: 4 * blockRows * Math.max(padded(V), padded(3 * E), padded(I)),
    weights: 4 * (padded(V) * E * (tied ? 1 : 2) + L * block),
  };
}
