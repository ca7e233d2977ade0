import { defined, VitrineError } from '../lib/index.ts';
import { dtypeBits } from './formats/safetensors.ts';
import { inOrder } from './formats/strided-layout.ts';
import type { StoredLayout, TensorInfo } from './types.ts';

type Give = (offset: number, bytes: Uint8Array<ArrayBuffer>) => void | Promise<void>;

/** Converts a tensor's bytes from file order, in pieces of any size, to values in row-major order. */
export type TensorDecoder = (offset: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

/** Tensors with irregular strides are buffered in full, up to this many bytes. */
const maxHeldBytes = 256 * 2 ** 20;
const gatheredBytes = 2 ** 20;

/** The decoder of a tensor with a layout. Throws `unsupported-format` for one that would have to be held and is too large. */
export function tensorDecoder(tensor: TensorInfo, layout: StoredLayout, give: Give): TensorDecoder {
  const narrow = layout.dtype === 'F64' ? toF32(give) : give;
  const valueBytes = (dtypeBits.get(layout.dtype) ?? 0) / 8;
  const runs = new Runs(layout, valueBytes);
  if (inOrder(layout.sizes, layout.strides)) return inOrderDecoder(runs, narrow);
  const span = tensor.end - tensor.begin;
  if (span > maxHeldBytes)
    throw new VitrineError(
      'unsupported-format',
      `${tensor.name} has shape [${tensor.shape}] and strides [${layout.strides}]: its values do not lie in order, and ${span} bytes are too many to hold. Save it with .contiguous().`,
    );
  return heldDecoder(runs, span, narrow);
}

/** The stretches of neighbouring values that a layout is made of, by their place in row-major order. */
class Runs {
  readonly count: number;
  readonly bytes: number;
  readonly #sizes: number[];
  readonly #steps: number[];

  constructor({ sizes, strides }: StoredLayout, valueBytes: number) {
    let run = 1;
    let outer = sizes.length;
    while (outer > 0 && (sizes[outer - 1] === 1 || strides[outer - 1] === run)) run *= sizes[--outer] ?? 1;
    this.#sizes = sizes.slice(0, outer);
    this.#steps = strides.slice(0, outer).map((stride) => stride * valueBytes);
    this.bytes = run * valueBytes;
    this.count = this.bytes === 0 ? 0 : this.#sizes.reduce((product, size) => product * size, 1);
  }

  /** Where run `index` begins, in bytes from the first value. */
  begin(index: number): number {
    let rest = index;
    let at = 0;
    for (let i = this.#sizes.length - 1; i >= 0; i--) {
      const size = this.#sizes[i] ?? 1;
      at += (rest % size) * (this.#steps[i] ?? 0);
      rest = Math.floor(rest / size);
    }
    return at;
  }
}

function inOrderDecoder(runs: Runs, give: Give): TensorDecoder {
  let run = 0;
  let inRun = 0;
  let given = 0;
  return async (offset, bytes) => {
    const end = offset + bytes.length;
    const out = new Uint8Array(bytes.length);
    let filled = 0;
    while (run < runs.count) {
      const from = runs.begin(run) + inRun;
      if (from >= end) break;
      const part = bytes.subarray(from - offset, Math.min(from + runs.bytes - inRun, end) - offset);
      out.set(part, filled);
      filled += part.length;
      inRun += part.length;
      if (inRun < runs.bytes) break;
      inRun = 0;
      run += 1;
    }
    if (filled > 0) await give(given, out.subarray(0, filled));
    given += filled;
  };
}

function heldDecoder(runs: Runs, span: number, give: Give): TensorDecoder {
  let held: Uint8Array<ArrayBuffer> | undefined;
  return async (offset, bytes) => {
    held ??= new Uint8Array(span);
    held.set(bytes, offset);
    if (offset + bytes.length < span) return;
    const whole = defined(held, 'values');
    const perPiece = Math.max(1, Math.floor(gatheredBytes / runs.bytes));
    for (let first = 0; first < runs.count; first += perPiece) {
      const count = Math.min(perPiece, runs.count - first);
      const piece = new Uint8Array(count * runs.bytes);
      for (let i = 0; i < count; i++) {
        const begin = runs.begin(first + i);
        piece.set(whole.subarray(begin, begin + runs.bytes), i * runs.bytes);
      }
      await give(first * runs.bytes, piece);
    }
    held = undefined;
  };
}

/** Rounds F64 to F32; a value may be cut between two pieces. */
function toF32(give: Give): Give {
  let carry = new Uint8Array(0);
  return async (offset, bytes) => {
    const first = (offset - carry.length) / 8;
    const joined = new Uint8Array(carry.length + bytes.length);
    joined.set(carry);
    joined.set(bytes, carry.length);
    const count = Math.floor(joined.length / 8);
    carry = joined.slice(count * 8);
    if (count > 0)
      await give(
        first * 4,
        new Uint8Array(new Float32Array(new Float64Array(joined.buffer, 0, count)).buffer),
      );
  };
}
