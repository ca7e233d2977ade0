import { assert, defined, f16ToNumber, product } from '../../lib/index.ts';
import type { GPT2Config, Parameter, ParameterTable } from '../../model/index.ts';
import type { TensorInfo, WeightSink } from '../../weights/index.ts';
import { allocateFloats, f32Matrices, type Matrix, type MatrixMath } from './packed-matrix.ts';
import { QuantisedMath } from './quantised-math.ts';
import { createCpuMath, type MatrixShape } from './simd.ts';

export interface CpuNorm {
  weight: Float32Array; // [C]
  bias: Float32Array; // [C]
}

/** A whole model on the CPU, by the checkpoint's names; rows of a matrix are outputs. */
export interface CpuWeights {
  /** The form of all matrices. */
  math: MatrixMath;
  /** `wte`, `h.0.attn.c_attn.weight`, …, and `lm_head`, which is wte itself when tied. */
  matrices: Map<string, Matrix>;
  /** Matrices of `matrices` as they are without the adapter, by the same names. */
  withoutAdapter: Map<string, Matrix>;
  /** `wpe`, `h.0.ln_1.weight`, … */
  vectors: ReadonlyMap<string, Float32Array>;
}

export function matrixOf({ matrices }: Pick<CpuWeights, 'matrices'>, name: string): Matrix {
  return defined(matrices.get(name), name);
}

export function vectorOf({ vectors }: CpuWeights, name: string): Float32Array {
  return defined(vectors.get(name), name);
}

/** Exchanges the matrices that an adapter changed with those of its base, or back. */
export function swapAdapter({ matrices, withoutAdapter }: CpuWeights): void {
  for (const [name, other] of withoutAdapter) {
    withoutAdapter.set(name, matrixOf({ matrices }, name));
    matrices.set(name, other);
  }
}

/** Weights in f32, int8 or int4; vectors and positions are f32 in all. */
export type CpuDtype = 'f32' | 'int8' | 'int4';

/** Whether a parameter is a matrix that is multiplied; positions are only looked up. */
function isMatrix({ role, orientation }: Parameter): boolean {
  return orientation !== 'vector' && role !== 'wpe';
}

/** Rows and columns of a parameter, [outputs, inputs], however it is stored. */
function shapeOf({ role, shape, orientation }: Parameter): MatrixShape {
  const [first, second] = shape as [number, number];
  if (orientation === 'in-out') return [second, first];
  return [first, second, role === 'wte' || role === 'lm_head'];
}

/** @throws VitrineError `out-of-memory` */
function createMath(config: GPT2Config, table: ParameterTable, dtype: CpuDtype): MatrixMath {
  const matrices = table.parameters.filter(isMatrix);
  const kept = matrices.filter(({ tensor }) => tensor.withoutAdapter).map(shapeOf);
  if (dtype !== 'f32') return QuantisedMath.create(dtype, [...matrices.map(shapeOf), ...kept]);
  return f32Matrices(createCpuMath(config, table.tied, kept));
}

/** Numbers converted at a time: many rows of a matrix, which are packed eight at a time. */
const pieceLength = 1 << 18;

/** Destination and progress of a tensor. */
interface Arrival {
  parameter: Parameter;
  write(start: number, values: Float32Array): void;
  /** Bytes seen, and those of a number that is cut in two. */
  seen: number;
  carry: number[];
}

/** Receives checkpoint bytes in pieces of any size and stores the weights in f32, int8 or int4. */
export class CpuWeightLoader implements WeightSink {
  private readonly arrivals = new Map<string, Arrival>();
  private readonly vectors = new Map<string, Float32Array>();
  private readonly matrices = new Map<string, Matrix>();
  private readonly withoutAdapter = new Map<string, Matrix>();
  private readonly piece = new Float32Array(pieceLength);
  private readonly bytes = new Uint8Array(this.piece.buffer);

  private readonly math: MatrixMath;

  /**
   * @param form the dtype of the matrices, or an implementation of them
   * @throws VitrineError `out-of-memory`
   */
  constructor(
    config: GPT2Config,
    private readonly table: ParameterTable,
    form: CpuDtype | MatrixMath = 'f32',
  ) {
    this.math = typeof form === 'string' ? createMath(config, table, form) : form;
    for (const parameter of table.parameters) {
      this.expect(parameter, this.matrices);
      const { withoutAdapter: tensor } = parameter.tensor;
      if (tensor) this.expect({ ...parameter, tensor }, this.withoutAdapter);
    }
  }

  private expect(parameter: Parameter, matrices: Map<string, Matrix>): void {
    const write = this.writerOf(parameter, matrices);
    this.arrivals.set(parameter.tensor.name, { parameter, write, seen: 0, carry: [] });
  }

  private writerOf(parameter: Parameter, matrices: Map<string, Matrix>): Arrival['write'] {
    const { role, shape, orientation } = parameter;
    const name = nameOf(role, parameter.layer);
    if (!isMatrix(parameter)) {
      const vector = allocateFloats(product(shape));
      this.vectors.set(name, vector);
      return (start, values) => vector.set(values, start);
    }
    const { math } = this;
    const matrix = math.create(...shapeOf(parameter));
    matrices.set(name, matrix);
    return orientation === 'in-out'
      ? (start, values) => math.placeColumns(matrix, start, values)
      : (start, values) => math.placeRows(matrix, start, values);
  }

  write(tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>): void {
    const arrival = this.arrivals.get(tensor.name);
    if (!arrival) return;
    assert(offset === arrival.seen, `the bytes of ${tensor.name} come in order`);
    const size = tensor.dtype === 'F32' ? 4 : 2;
    const start = (arrival.seen - arrival.carry.length) / size;
    arrival.seen += bytes.length;
    assert(arrival.seen <= product(tensor.shape) * size, `${tensor.name} ends where its shape says`);
    if (arrival.carry.length > 0) this.bridge(arrival, start, bytes, size);
    else this.convert(arrival, start, bytes);
  }

  /** Completes a number split between pieces, then converts the rest. */
  private bridge(arrival: Arrival, start: number, bytes: Uint8Array<ArrayBuffer>, size: number): void {
    const missing = size - arrival.carry.length;
    const joined = Uint8Array.of(...arrival.carry, ...bytes.subarray(0, missing));
    this.convert(arrival, start, joined);
    if (bytes.length > missing) this.convert(arrival, start + 1, bytes.subarray(missing));
  }

  /** Converts whole numbers and keeps the bytes of a cut one. */
  private convert(arrival: Arrival, start: number, bytes: Uint8Array<ArrayBuffer>): void {
    const size = arrival.parameter.tensor.dtype === 'F32' ? 4 : 2;
    const count = Math.floor(bytes.length / size);
    if (size === 4 && bytes.byteOffset % 4 === 0)
      arrival.write(start, new Float32Array(bytes.buffer, bytes.byteOffset, count));
    else this.convertPieces(arrival, start, bytes, count, size);
    arrival.carry = [...bytes.subarray(count * size)];
  }

  private convertPieces(
    arrival: Arrival,
    start: number,
    bytes: Uint8Array,
    count: number,
    size: number,
  ): void {
    for (let done = 0; done < count; done += pieceLength) {
      const length = Math.min(pieceLength, count - done);
      // The upper half of the piece takes two-byte numbers, which widen from its beginning without overtaking.
      const at = this.bytes.length - length * size;
      this.bytes.set(bytes.subarray(done * size, (done + length) * size), size === 4 ? 0 : at);
      if (size === 2)
        widen(
          this.piece,
          new Uint16Array(this.piece.buffer, at, length),
          arrival.parameter.tensor.dtype === 'F16',
        );
      arrival.write(start + done, this.piece.subarray(0, length));
    }
  }

  /** The model, once every byte is there. A head that proves equal to wte is dropped for it. */
  finish(): CpuWeights {
    for (const { parameter, seen } of this.arrivals.values()) {
      const { tensor, shape } = parameter;
      const size = tensor.dtype === 'F32' ? 4 : 2;
      assert(seen === product(shape) * size, `${tensor.name} is whole`);
    }
    const wte = defined(this.matrices.get('wte'), 'wte');
    const stored = this.matrices.get('lm_head');
    const same = !stored || (this.table.maybeTied && this.math.equal(wte, stored));
    this.matrices.set('lm_head', same ? wte : stored);
    const { math, matrices, withoutAdapter, vectors } = this;
    return { math, matrices, withoutAdapter, vectors };
  }
}

function nameOf(role: string, layer: number | undefined): string {
  return layer === undefined ? role : `h.${layer}.${role}`;
}

/** All binary16 numbers by their bits, made when first needed. */
let halves: Float32Array | undefined;

function widen(to: Float32Array, from: Uint16Array, isF16: boolean): void {
  if (!isF16) {
    const words = new Uint32Array(to.buffer);
    for (let i = 0; i < from.length; i++) words[i] = from[i]! << 16;
    return;
  }
  halves ??= Float32Array.from({ length: 1 << 16 }, (_, bits) => f16ToNumber(bits));
  for (let i = 0; i < from.length; i++) to[i] = halves[from[i]!]!;
}
