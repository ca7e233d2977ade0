import { f16ToNumber, numberToF16 } from '../../lib/index.ts';
import {
  type AttentionShape,
  kvBytes,
  paddedHeadSize,
  qkvFloats,
  vectorStride,
} from '../../shaders/index.ts';
import type { AttentionInput } from '../../shaders/reference/index.ts';
import { randomFloats } from './numbers.ts';

export interface HeadsSpec {
  kv: 'f32' | 'f16';
  heads: number;
  headSize: number;
  /** Positions of the cache. */
  context: number;
  deviation?: number;
  seed?: number;
}

/** Three sequences in the cache; the tests use the one in the middle. */
const sequences = 3;
const sequence = 1;
const untouchedWord = 0x3c003c00;

/**
 * Random q, k and v of `base + count` positions: the cache as it is before, and the rows of qkv that follow.
 * Places of the cache that nothing may touch hold a known word.
 */
export function headsCase(spec: HeadsSpec, base: number, count: number) {
  const { heads, headSize, context, kv } = spec;
  const width = heads * headSize;
  const total = base + count;
  const [q, k, v] = [0, 1, 2].map((part) =>
    randomFloats((spec.seed ?? 11) + part, total * width, spec.deviation ?? 1),
  ) as [Float32Array, Float32Array, Float32Array];
  const input: AttentionInput = { q, k, v, heads, headSize, scale: 1 / Math.sqrt(headSize) };
  const shape: AttentionShape = {
    heads,
    headSize,
    context,
    kv,
    qkvStride: qkvFloats(spec),
    outStride: vectorStride(width),
  };
  const cache = new KvImage(shape);
  for (let position = 0; position < base; position++) cache.put(k, v, position);
  return {
    shape,
    input,
    qkvRows: qkvRows(input, shape, base, count),
    cacheBefore: cache.words,
    /** What the cache holds for this sequence after, and what it should. */
    positionCache: (words: Uint32Array) => {
      const wanted = new KvImage(shape);
      for (let position = 0; position < total; position++) wanted.put(k, v, position);
      return {
        actual: new KvImage(shape, words).numbers(total),
        expected: wanted.numbers(total),
        untouched: new KvImage(shape, words).untouched(total),
      };
    },
  };
}

/** Rows of qkv as the product leaves them: three parts of padded heads. */
function qkvRows(
  { q, k, v, heads, headSize }: AttentionInput,
  shape: AttentionShape,
  base: number,
  count: number,
): Float32Array<ArrayBuffer> {
  const padded = paddedHeadSize(shape);
  const rows = new Float32Array(count * shape.qkvStride);
  for (let t = 0; t < count; t++) {
    for (const [part, source] of [q, k, v].entries()) {
      for (let i = 0; i < heads * headSize; i++) {
        const head = Math.floor(i / headSize);
        const to = t * shape.qkvStride + (part * heads + head) * padded + (i % headSize);
        rows[to] = source[(base + t) * heads * headSize + i] as number;
      }
    }
  }
  return rows;
}

/** A layer's cache in memory, of four dims: keys [sequence][head][dim / 4][position], values [sequence][head][position][dim / 4]. */
class KvImage {
  readonly words: Uint32Array<ArrayBuffer>;
  private readonly padded: number;

  constructor(
    private readonly shape: AttentionShape,
    words?: Uint32Array,
  ) {
    this.words = new Uint32Array((sequences * kvBytes(shape)) / 4).fill(untouchedWord);
    if (words) this.words.set(words.subarray(0, this.words.length));
    this.padded = paddedHeadSize(shape);
  }

  /** Index of a number among the numbers of the cache. */
  private index(part: number, head: number, d: number, position: number): number {
    const { heads, context } = this.shape;
    const vec4s = this.padded / 4;
    const place = Math.floor(d / 4);
    const own = part === 0 ? place * context + position : position * vec4s + place;
    return (((sequence * 2 + part) * heads + head) * vec4s * context + own) * 4 + (d % 4);
  }

  private set(index: number, value: number): void {
    if (this.shape.kv === 'f32') {
      new Float32Array(this.words.buffer)[index] = value;
      return;
    }
    new Uint16Array(this.words.buffer)[index] = numberToF16(value);
  }

  private get(index: number): number {
    if (this.shape.kv === 'f32') return new Float32Array(this.words.buffer)[index] as number;
    return f16ToNumber(new Uint16Array(this.words.buffer)[index] as number);
  }

  put(k: ArrayLike<number>, v: ArrayLike<number>, position: number): void {
    const { heads, headSize } = this.shape;
    for (const [part, source] of [k, v].entries()) {
      for (let head = 0; head < heads; head++) {
        for (let d = 0; d < this.padded; d++) {
          const value = d < headSize ? source[(position * heads + head) * headSize + d] : 0;
          this.set(this.index(part, head, d, position), value as number);
        }
      }
    }
  }

  /** Every number of the first `count` positions of the sequence. */
  numbers(count: number): number[] {
    const out: number[] = [];
    for (let part = 0; part < 2; part++) {
      for (let head = 0; head < this.shape.heads; head++) {
        for (let d = 0; d < this.padded; d++) {
          for (let position = 0; position < count; position++) {
            out.push(this.get(this.index(part, head, d, position)));
          }
        }
      }
    }
    return out;
  }

  /** True when everything but the first `count` positions of the sequence is as it was made. */
  untouched(count: number): boolean {
    const { heads, context } = this.shape;
    const wordsPerPlace = this.shape.kv === 'f32' ? 4 : 2;
    const vec4s = this.padded / 4;
    const each = heads * vec4s * context;
    return this.words.every((word, index) => {
      const place = Math.floor(index / wordsPerPlace);
      const part = Math.floor(place / each) - 2 * sequence;
      const position = part === 0 ? place % context : Math.floor(place / vec4s) % context;
      const ours = (part === 0 || part === 1) && position < count;
      return ours || word === untouchedWord;
    });
  }
}
