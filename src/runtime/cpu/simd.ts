import { assert, roundUp } from '../../lib/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { type PanelMath, type Panels, packPanel, panelRows, plainMath, type Rows } from './packed-matrix.ts';
import { simdModule } from './simd-code.ts';
import { ProductThreads, threadsAllowed } from './threads.ts';
import { forTiles, inFours, type Tiles } from './tiles.ts';

/** Rows of x that go through a matrix at a time: its weights come from memory once for all of them. */
export const blockRows = 64;
/** Rows at a time of a matrix so wide that the sums of more would take much memory. */
const fewestRows = 32;
const blockSums = 1 << 20;
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

/** Rows of x brought into the memory at a time for a matrix with this many outputs. */
export function blockRowsOf(paddedRows: number): number {
  const fitting = 4 * Math.floor(blockSums / paddedRows / 4);
  return Math.max(fewestRows, Math.min(blockRows, fitting));
}

/** A memory of this many bytes, shared between threads or not. */
export function createMemory(bytes: number, shared: boolean): WebAssembly.Memory {
  const initial = Math.ceil(bytes / pageBytes);
  return new WebAssembly.Memory(shared ? { initial, maximum: initial, shared } : { initial });
}

type Pack = (from: number, stop: number, to: number, rowBytes: number) => void;

/** Products by WebAssembly SIMD: matrices live in its memory, four sums of f32 in each vector. */
export class SimdMath implements PanelMath {
  private used: number;
  /** Rows on their way into a panel: the room of the inputs. */
  private readonly rows: Float32Array;

  private constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly tiles: Tiles,
    private readonly pack: Pack,
    private readonly xAt: number,
    private readonly yAt: number,
    weightsAt: number,
    readonly threads: ProductThreads | undefined,
  ) {
    this.used = weightsAt;
    this.rows = new Float32Array(memory.buffer, xAt, (yAt - xAt) / 4);
  }

  /**
   * Room for a model's matrices and others. undefined where the platform has no SIMD, its policy allows no WebAssembly,
   * or the model is too large for it.
   * @param relaxed whether to use relaxed SIMD; by default where there is
   */
  static create(
    config: GPT2Config,
    tied: boolean,
    others: readonly MatrixShape[] = [],
    shared = threadsAllowed(),
    relaxed?: boolean,
  ): SimdMath | undefined {
    const { x, y, weights } = sizes(config, tied);
    const more = others.reduce((sum, [rows, columns]) => sum + 4 * roundUp(rows, panelRows) * columns, 0);
    const bytes = x + y + weights + more;
    if (bytes > mostBytes || typeof WebAssembly === 'undefined') return undefined;
    try {
      const module = new WebAssembly.Module(simdModule(shared, relaxed));
      const memory = createMemory(bytes, shared);
      const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
      const threads = shared ? new ProductThreads(memory, [module]) : undefined;
      return new SimdMath(memory, exports as Tiles, exports.pack as Pack, 0, x, x + y, threads);
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

  packPanel(matrix: Panels, panel: number, values: Float32Array, from: number): void {
    const { columns } = matrix;
    if (columns % 4 > 0) {
      packPanel(matrix, panel, values, from);
      return;
    }
    this.rows.set(values.subarray(from, from + panelRows * columns));
    const rowBytes = 4 * columns;
    this.pack(this.xAt, this.xAt + rowBytes, matrix.values.byteOffset + 4 * panel, rowBytes);
  }

  multiply(matrix: Panels, x: Rows, output: Float32Array): void {
    const { paddedRows, columns, values } = matrix;
    const floats = new Float32Array(this.memory.buffer);
    const most = blockRowsOf(paddedRows);
    for (let first = 0; first < x.count; first += most) {
      const count = Math.min(most, x.count - first);
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
      if (this.threads) this.threads.multiply(0, this.tiles, layout, columns, count);
      else forTiles(this.tiles, layout, count);
      const y = floats.subarray(this.yAt / 4, this.yAt / 4 + count * paddedRows);
      output.set(y, first * paddedRows);
    }
  }
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
    y: Math.max(...[V, 3 * E, I].map((rows) => 4 * blockRowsOf(padded(rows)) * padded(rows))),
    weights: 4 * (padded(V) * E * (tied ? 1 : 2) + L * block),
  };
}
