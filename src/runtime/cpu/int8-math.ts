import { ceilDiv, VitrineError } from '../../lib/index.ts';
import { int8Module } from './int8-code.ts';
import {
  addInt8Row,
  createInt8Panels,
  groupColumns,
  type Int8Panels,
  int8Bytes,
  multiplyInt8,
  placeInt8Columns,
  placeInt8Rows,
  quantiseInput,
} from './int8-matrix.ts';
import { type MatrixMath, panelRows, type Rows } from './packed-matrix.ts';
import { blockRows, forTiles, type MatrixShape, mostBytes, pageBytes, type Tiles } from './simd.ts';

/** Bytes of a group of one row of x: int16 and a scale. */
const inputBytes = 2 * groupColumns + 4;

/** Products with weights in int8 and inputs in int16, by WebAssembly SIMD or in plain JavaScript. */
export class Int8Math implements MatrixMath<Int8Panels> {
  private used: number;

  private constructor(
    private readonly memory: { buffer: ArrayBuffer },
    private readonly tiles: Tiles | undefined,
    private readonly yAt: number,
    matricesAt: number,
  ) {
    this.used = matricesAt;
  }

  /** @throws VitrineError `out-of-memory` */
  static create(shapes: readonly MatrixShape[], simd = true): Int8Math {
    const most = (of: (shape: MatrixShape) => number) => Math.max(...shapes.map(of));
    const x = blockRows * most(([, columns]) => ceilDiv(columns, groupColumns)) * inputBytes;
    const y = 4 * blockRows * most(([rows]) => panelRows * ceilDiv(rows, panelRows));
    const bytes = shapes.reduce((sum, [rows, columns]) => sum + int8Bytes(rows, columns), x + y);
    try {
      const made = simd ? simdMemory(bytes) : undefined;
      const memory = made?.memory ?? { buffer: new ArrayBuffer(bytes) };
      return new Int8Math(memory, made?.tiles, x, x + y);
    } catch (cause) {
      throw new VitrineError(
        'out-of-memory',
        `Could not allocate ${Math.ceil(bytes / 2 ** 20)} MiB for the model on the CPU. Close other tabs or choose a smaller model.`,
        { cause },
      );
    }
  }

  create(rows: number, columns: number): Int8Panels {
    const at = this.used;
    this.used += int8Bytes(rows, columns);
    return createInt8Panels(this.memory.buffer, at, rows, columns);
  }

  placeRows(panels: Int8Panels, start: number, values: Float32Array): void {
    placeInt8Rows(panels, start, values);
  }

  placeColumns(panels: Int8Panels, start: number, values: Float32Array): void {
    placeInt8Columns(panels, start, values);
  }

  addRow(panels: Int8Panels, row: number, output: Float32Array, at: number): void {
    addInt8Row(panels, row, output, at);
  }

  equal(left: Int8Panels, right: Int8Panels): boolean {
    return (
      left.weights.length === right.weights.length &&
      left.weights.every((byte, i) => byte === right.weights[i])
    );
  }

  multiply(panels: Int8Panels, x: Rows, output: Float32Array): void {
    if (this.tiles) this.multiplyBlocks(this.tiles, panels, x, output);
    else multiplyInt8(panels, x, output);
  }

  private multiplyBlocks(tiles: Tiles, panels: Int8Panels, x: Rows, output: Float32Array): void {
    const { paddedRows, groups, weights } = panels;
    const layout = { w: weights.byteOffset, wStride: (weights.length / paddedRows) * panelRows };
    for (let first = 0; first < x.count; first += blockRows) {
      const count = Math.min(blockRows, x.count - first);
      this.placeInputs(panels, x, first, count);
      const y = new Float32Array(this.memory.buffer, this.yAt, count * paddedRows).fill(0);
      forTiles(tiles, { ...layout, x: 0, xRow: groups * inputBytes, y: this.yAt, paddedRows }, count);
      output.set(y, first * paddedRows);
    }
  }

  /** Quantises `count` rows of x for the tiles: groups of four rows interleaved, the remainder one after the other. */
  private placeInputs({ columns, groups }: Int8Panels, x: Rows, first: number, count: number): void {
    const to = new Int16Array(this.memory.buffer, 0, (count * groups * inputBytes) / 2);
    const scales = new Float32Array(this.memory.buffer, 0, to.length / 2);
    const fours = count - (count % 4);
    for (let t = 0; t < count; t++) {
      const [together, lane] = t < fours ? [4, t % 4] : [1, 0];
      for (let group = 0; group < groups; group++) {
        const block = ((t - lane) * groups + group * together) * (inputBytes / 2);
        const from = (first + t) * x.stride + group * groupColumns;
        const width = Math.min(groupColumns, columns - group * groupColumns);
        const scale = quantiseInput(x.values, from, width, to, block + 2 * lane, 2 * together);
        scales[(block + groupColumns * together) / 2 + lane] = scale;
      }
    }
  }
}

/** undefined where the platform has no SIMD, its policy allows no WebAssembly, or the model is too large for it. */
function simdMemory(bytes: number) {
  if (bytes > mostBytes || typeof WebAssembly === 'undefined') return undefined;
  try {
    const module = new WebAssembly.Module(int8Module());
    const memory = new WebAssembly.Memory({ initial: ceilDiv(bytes, pageBytes) });
    const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
    return { memory, tiles: exports as Tiles };
  } catch {
    return undefined;
  }
}
