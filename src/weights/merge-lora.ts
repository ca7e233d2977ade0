import { bf16ToNumber, defined, f16ToNumber, VitrineError } from '../lib/index.ts';
import type { LoraUpdate } from './formats/lora.ts';
import type { Dtype, TensorInfo, WeightSink } from './types.ts';

/** Adapters are small; a larger file is rejected. */
export const maxAdapterBytes = 512 * 2 ** 20;

/** Takes an adapter's tensors into memory as f32. Throws `unsupported-format` for types other than F32, F16 and BF16. */
export class AdapterValues implements WeightSink {
  readonly #values = new Map<string, Float32Array>();
  readonly #readers = new Map<string, (bytes: Uint8Array) => Float32Array>();
  readonly #filled = new Map<string, number>();

  write(tensor: TensorInfo, _offset: number, bytes: Uint8Array): void {
    const { name, shape } = tensor;
    const values =
      this.#values.get(name) ?? new Float32Array(shape.reduce((product, size) => product * size, 1));
    const read = this.#readers.get(name) ?? floatReader(tensor.dtype, name);
    const piece = read(bytes);
    const at = this.#filled.get(name) ?? 0;
    values.set(piece, at);
    this.#values.set(name, values);
    this.#readers.set(name, read);
    this.#filled.set(name, at + piece.length);
  }

  get(tensor: TensorInfo): Float32Array {
    return defined(this.#values.get(tensor.name), tensor.name);
  }
}

/**
 * The base's tensors after merging: changed ones become F32.
 * @param keepBase whether the sink receives changed ones as they were, too
 */
export function mergedTensors(
  base: ReadonlyMap<string, TensorInfo>,
  plan: ReadonlyMap<string, LoraUpdate>,
  keepBase: boolean,
): Map<string, TensorInfo> {
  const merge = (tensor: TensorInfo): TensorInfo => {
    const withoutAdapter = { ...tensor, name: `${tensor.name} without adapter` };
    return { ...tensor, dtype: 'F32', ...(keepBase && { withoutAdapter }) };
  };
  return new Map([...base].map(([name, tensor]) => [name, plan.has(name) ? merge(tensor) : tensor]));
}

/** Adds the adapter to its target matrices while they stream; other tensors pass unchanged. */
export function mergingSink(
  sink: WeightSink,
  merged: ReadonlyMap<string, TensorInfo>,
  plan: ReadonlyMap<string, LoraUpdate>,
  values: AdapterValues,
): WeightSink {
  let current: { name: string; add(bytes: Uint8Array): Float32Array<ArrayBuffer>; at: number } | undefined;
  return {
    async write(tensor, offset, bytes) {
      const { name } = tensor;
      const shown = merged.get(name);
      // A repository that holds both streams the adapter first, with the base.
      if (!shown) return values.write(tensor, offset, bytes);
      const update = plan.get(name);
      if (!update) return sink.write(shown, offset, bytes);
      if (shown.withoutAdapter) await sink.write(shown.withoutAdapter, offset, bytes);
      if (current?.name !== name) current = { name, add: adderOf(tensor, update, values), at: 0 };
      const sum = current.add(bytes);
      if (sum.length === 0) return;
      const at = current.at;
      current.at += sum.byteLength;
      await sink.write(shown, at, new Uint8Array(sum.buffer, sum.byteOffset, sum.byteLength));
    },
  };
}

/** Adds scale · B A to streamed values in arrival order; a value may be split between pieces. */
function adderOf(tensor: TensorInfo, { a, b, scale }: LoraUpdate, values: AdapterValues) {
  const rank = a.shape[0] ?? 0;
  const turnedB = transpose(values.get(b), rank);
  // Rows are inputs for Conv1D, outputs when the matrix is stored transposed.
  const [rows, columns] = tensor.transposed ? [turnedB, values.get(a)] : [values.get(a), turnedB];
  const height = rows.length / rank;
  const width = columns.length / rank;
  const read = floatReader(tensor.dtype, tensor.name);
  let next = 0;
  return (bytes: Uint8Array): Float32Array<ArrayBuffer> => {
    const out = read(bytes);
    for (let at = 0; at < out.length; ) {
      const row = Math.floor(next / width);
      const column = next % width;
      const count = Math.min(width - column, out.length - at);
      for (let r = 0; r < rank; r++) {
        const factor = scale * (rows[r * height + row] ?? 0);
        const base = r * width + column;
        for (let i = 0; i < count; i++) out[at + i] = (out[at + i] ?? 0) + factor * (columns[base + i] ?? 0);
      }
      at += count;
      next += count;
    }
    return out;
  };
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, columns: number): Float32Array {
  const rows = values.length / columns;
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] ?? 0);
}

/** Converts bytes in pieces of any size to f32. */
function floatReader(dtype: Dtype, name: string): (bytes: Uint8Array) => Float32Array<ArrayBuffer> {
  if (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'BF16')
    throw new VitrineError(
      'unsupported-format',
      `${name} is ${dtype}; an adapter is merged from F32, F16 or BF16. Save it in one of these.`,
    );
  const size = dtype === 'F32' ? 4 : 2;
  let carry = new Uint8Array(0);
  return (bytes) => {
    const joined = new Uint8Array(carry.length + bytes.length);
    joined.set(carry);
    joined.set(bytes, carry.length);
    const count = Math.floor(joined.length / size);
    carry = joined.slice(count * size);
    if (dtype === 'F32') return new Float32Array(joined.buffer, 0, count);
    const widen = dtype === 'F16' ? f16ToNumber : bf16ToNumber;
    return Float32Array.from(new Uint16Array(joined.buffer, 0, count), widen);
  };
}
