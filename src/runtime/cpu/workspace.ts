import { roundUp, VitrineError } from '../../lib/index.ts';
import { panelRows } from './packed-matrix.ts';
import { mostBytes, pageBytes } from './simd.ts';
import type { RowTiles, Tile, Tiles } from './tiles.ts';
import { vectorModule } from './vector-code.ts';

/** What `vector-code.ts` exports; addresses are in bytes. */
interface VectorFunctions extends Tiles {
  softmax(from: number, to: number, scale: number): void;
  gate(from: number, to: number, coefficients: number): void;
  layerNorm(from: number, to: number, weight: number, bias: number, constants: number): void;
}

/** Floats of a page of memory. */
const pageFloats = pageBytes / 4;
/** Queries of a sequence that attend together. */
export const queryRows = 4;
/** Floats for operands, beside numbers for each position of a context. */
const operandFloats = 4 * pageFloats;

/**
 * Memory of the KV cache and of the operands of functions that are not products with weights. It grows, so views of it
 * are valid until the next allocation only. Without WebAssembly SIMD it is an ordinary buffer with plain products.
 */
export class Workspace {
  /** undefined without SIMD. */
  readonly functions: VectorFunctions | undefined;
  readonly tiles: RowTiles;
  private readonly memory: { buffer: ArrayBuffer; grow(pages: number): void };
  /** How many floats fit the beginning of the memory, where operands are put. */
  readonly staging: number;
  private view = new Float32Array();
  private used: number;
  /** Offsets of freed blocks, by their length. */
  private readonly free = new Map<number, number[]>();

  constructor(contextLength: number, simd = true) {
    this.staging = operandFloats + roundUp(queryRows * contextLength, pageFloats);
    this.used = this.staging;
    const made = simd ? instance(this.staging / pageFloats) : undefined;
    this.functions = made?.functions;
    this.memory = made?.memory ?? new PlainMemory(this.staging);
    this.tiles = this.functions ?? plainTiles(() => this.floats);
  }

  get floats(): Float32Array {
    if (this.view.buffer !== this.memory.buffer) this.view = new Float32Array(this.memory.buffer);
    return this.view;
  }

  /**
   * The offset of `count` floats, a multiple of 4; they may hold anything finite.
   * @throws VitrineError `out-of-memory`
   */
  allocate(count: number): number {
    const again = this.free.get(count)?.pop();
    if (again !== undefined) return again;
    const at = this.used;
    const bytes = 4 * (at + count);
    try {
      const missing = bytes - this.memory.buffer.byteLength;
      if (bytes > mostBytes) throw new RangeError(`${bytes} bytes are more than a memory can have`);
      if (missing > 0) this.memory.grow(Math.ceil(missing / pageBytes));
    } catch (cause) {
      throw new VitrineError(
        'out-of-memory',
        `Could not allocate ${Math.ceil((count * 4) / 2 ** 20)} MiB for the text's keys and values on the CPU. Close other tabs or use fewer sequences.`,
        { cause },
      );
    }
    this.used += count;
    return at;
  }

  /** Gives back what {@link allocate} gave. */
  release(at: number, count: number): void {
    const same = this.free.get(count);
    if (same) same.push(at);
    else this.free.set(count, [at]);
  }
}

/** A buffer that grows as a WebAssembly memory does. */
class PlainMemory {
  buffer: ArrayBuffer;

  constructor(floats: number) {
    this.buffer = new ArrayBuffer(4 * floats);
  }

  grow(pages: number): void {
    const larger = new Uint8Array(this.buffer.byteLength + pages * pageBytes);
    larger.set(new Uint8Array(this.buffer));
    this.buffer = larger.buffer;
  }
}

let compiled: WebAssembly.Module | undefined;

/** undefined where the platform has no SIMD or its policy allows no WebAssembly. */
function instance(pages: number) {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    compiled ??= new WebAssembly.Module(vectorModule());
    const memory = new WebAssembly.Memory({ initial: pages });
    const { exports } = new WebAssembly.Instance(compiled, { m: { m: memory } });
    return { memory, functions: exports as unknown as VectorFunctions };
  } catch {
    return undefined;
  }
}

/** The tiles of `simd-code.ts` in plain JavaScript. */
function plainTiles(floats: () => Float32Array): RowTiles {
  const one: Tile = (w, _, x, xEnd, y) => {
    const values = floats();
    const output = values.subarray(y / 4, y / 4 + panelRows).fill(0);
    for (let at = x / 4, row = w / 4; at < xEnd / 4; at++, row += panelRows)
      for (let lane = 0; lane < panelRows; lane++) output[lane]! += values[row + lane]! * values[at]!;
  };
  const four: Tile = (w, wStride, x, xEnd, y) => {
    for (let panel = 0; panel < 4; panel++)
      one(w + panel * wStride, wStride, x, xEnd, y + 4 * panelRows * panel, 0);
  };
  return { '1x1': one, '4x1': four };
}
