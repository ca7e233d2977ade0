import { ceilDiv, roundUp, VitrineError } from '../../lib/index.ts';
import { inputBytes } from './input-code.ts';
import { type MatrixMath, panelRows, type Rows } from './packed-matrix.ts';
import { quantisedModule } from './quantised-code.ts';
import {
  addQuantisedRow,
  createQuantisedPanels,
  multiplyQuantised,
  placeQuantisedColumns,
  placeQuantisedRows,
  type QuantisedPanels,
  quantisedBytes,
} from './quantised-matrix.ts';
import { blockRows, blockRowsOf, createMemory, type MatrixShape, mostBytes } from './simd.ts';
import { ProductThreads, threadsAllowed } from './threads.ts';
import { forTiles, inFours, type Tiles } from './tiles.ts';
import { int4, int8, type WeightForm } from './weight-form.ts';

/** What the module of a form exports; addresses are in bytes. */
interface Products extends Tiles {
  quantise1(x: number, xEnd: number, to: number): void;
  quantise4(x: number, xEnd: number, to: number): void;
}

/** The products of each form in use; undefined without SIMD. */
type FormProducts = ReadonlyMap<WeightForm, Products> | undefined;

/** Forms of a dtype's matrices, in the order of their modules. */
const formsOf = { int8: [int8], int4: [int8, int4] };

/** Products with weights in int8 or int4 and inputs in int16, by WebAssembly SIMD or in plain JavaScript. */
export class QuantisedMath implements MatrixMath<QuantisedPanels> {
  private used: number;

  private constructor(
    private readonly dtype: WeightForm['name'],
    private readonly memory: { buffer: ArrayBuffer },
    private readonly products: FormProducts,
    /** One row of x in f32, and the sums. */
    private readonly rowAt: number,
    private readonly yAt: number,
    matricesAt: number,
    readonly threads: ProductThreads | undefined,
  ) {
    this.used = matricesAt;
  }

  /** @throws VitrineError `out-of-memory` */
  static create(
    dtype: WeightForm['name'],
    shapes: readonly MatrixShape[],
    simd = true,
    shared = threadsAllowed(),
  ): QuantisedMath {
    const most = (of: (shape: MatrixShape) => number) => roundUp(Math.max(...shapes.map(of)), 16);
    const x = most((shape) => blockRows * inputRowBytes(formOf(dtype, shape), shape[1]));
    const row = most(([, columns]) => 4 * roundUp(columns, int8.groupColumns));
    const y = most(([rows]) => 4 * blockRowsOf(roundUp(rows, panelRows)) * roundUp(rows, panelRows));
    const sizes = shapes.map((shape) => quantisedBytes(formOf(dtype, shape), shape[0], shape[1]));
    const bytes = sizes.reduce((sum, size) => sum + size, x + row + y);
    try {
      const made = simd ? simdMemory(bytes, formsOf[dtype], shared) : undefined;
      const memory = made?.memory ?? { buffer: new ArrayBuffer(bytes) };
      return new QuantisedMath(dtype, memory, made?.products, x, x + row, x + row + y, made?.threads);
    } catch (cause) {
      throw new VitrineError(
        'out-of-memory',
        `Could not allocate ${Math.ceil(bytes / 2 ** 20)} MiB for the model on the CPU. Close other tabs or choose a smaller model.`,
        { cause },
      );
    }
  }

  create(rows: number, columns: number, table = false): QuantisedPanels {
    const form = formOf(this.dtype, [rows, columns, table]);
    const at = this.used;
    this.used += quantisedBytes(form, rows, columns);
    return createQuantisedPanels(form, this.memory.buffer, at, rows, columns);
  }

  placeRows(panels: QuantisedPanels, start: number, values: Float32Array): void {
    placeQuantisedRows(panels, start, values);
  }

  placeColumns(panels: QuantisedPanels, start: number, values: Float32Array): void {
    placeQuantisedColumns(panels, start, values);
  }

  addRow(panels: QuantisedPanels, row: number, output: Float32Array, at: number): void {
    addQuantisedRow(panels, row, output, at);
  }

  equal(left: QuantisedPanels, right: QuantisedPanels): boolean {
    return (
      left.weights.length === right.weights.length &&
      left.weights.every((byte, i) => byte === right.weights[i])
    );
  }

  multiply(panels: QuantisedPanels, x: Rows, output: Float32Array, bias?: Float32Array): void {
    const products = this.products?.get(panels.form);
    if (products) this.multiplyBlocks(products, panels, x, output, bias);
    else multiplyQuantised(panels, x, output, bias);
  }

  private multiplyBlocks(
    products: Products,
    panels: QuantisedPanels,
    x: Rows,
    output: Float32Array,
    bias?: Float32Array,
  ): void {
    const { form, columns, paddedRows, weights } = panels;
    const layout = { w: weights.byteOffset, wStride: (weights.length / paddedRows) * panelRows };
    const xRow = inputRowBytes(form, columns);
    const most = blockRowsOf(paddedRows);
    for (let first = 0; first < x.count; first += most) {
      const count = Math.min(most, x.count - first);
      this.placeInputs(products, panels, x, first, count);
      const y = new Float32Array(this.memory.buffer, this.yAt, count * paddedRows);
      if (bias?.length !== paddedRows) y.fill(0);
      if (bias) for (let t = 0; t < count; t++) y.set(bias, t * paddedRows);
      const placed = { ...layout, x: 0, xRow, y: this.yAt, paddedRows };
      if (this.threads)
        this.threads.multiply(formsOf[this.dtype].indexOf(form), products, placed, columns, count);
      else forTiles(products, placed, count);
      output.set(y, first * paddedRows);
    }
  }

  /** Quantises `count` rows of x for the tiles: groups of four rows interleaved, the remainder one after the other. */
  private placeInputs(
    products: Products,
    { form, columns }: QuantisedPanels,
    x: Rows,
    first: number,
    count: number,
  ): void {
    const width = roundUp(columns, form.groupColumns);
    const row = new Float32Array(this.memory.buffer, this.rowAt, width).fill(0, columns);
    const rowEnd = this.rowAt + 4 * width;
    const xRow = inputRowBytes(form, columns);
    const fours = inFours(count);
    for (let t = 0; t < count; t++) {
      const from = (first + t) * x.stride;
      row.set(x.values.subarray(from, from + columns));
      if (t < fours) products.quantise4(this.rowAt, rowEnd, (t - (t % 4)) * xRow + 4 * (t % 4));
      else products.quantise1(this.rowAt, rowEnd, t * xRow);
    }
  }
}

/** A matrix in int4 whose rows are looked up is int8, as on the GPU: small models lose too much otherwise. */
function formOf(dtype: WeightForm['name'], [, , table]: MatrixShape): WeightForm {
  return dtype === 'int4' && !table ? int4 : int8;
}

function inputRowBytes(form: WeightForm, columns: number): number {
  return ceilDiv(columns, form.groupColumns) * inputBytes(form);
}

/** undefined where the platform has no SIMD, its policy allows no WebAssembly, or the model is too large for it. */
function simdMemory(bytes: number, forms: readonly WeightForm[], shared: boolean) {
  if (bytes > mostBytes || typeof WebAssembly === 'undefined') return undefined;
  try {
    const modules = forms.map((form) => new WebAssembly.Module(quantisedModule(form, shared)));
    const memory = createMemory(bytes, shared);
    const products = modules.map((module, index) => {
      const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
      return [forms[index] as WeightForm, exports as unknown as Products] as const;
    });
    const threads = shared ? new ProductThreads(memory, modules) : undefined;
    return { memory, products: new Map(products), threads };
  } catch {
    return undefined;
  }
}
