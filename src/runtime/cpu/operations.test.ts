import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { largestDifference } from '../../../test/support/cpu.ts';
import { randomFloats } from '../../../test/support/numbers.ts';
import { type Activation, activationFunction, parseConfig } from '../../model/index.ts';
import { attend, sumValues } from './attention.ts';
import { CpuCache } from './kv-cache.ts';
import { activateRows, layerNormRows } from './operations.ts';
import { queryRows, Workspace } from './workspace.ts';

const upTo = (max: number) => fc.integer({ min: 1, max });
const ways = [
  ['WebAssembly', true],
  ['plain JavaScript', false],
] as const;

function modelOf(heads: number, headSize: number) {
  const width = heads * headSize;
  return parseConfig({
    ...{ model_type: 'gpt2', n_embd: width, n_head: heads, n_layer: 2, n_positions: 300, vocab_size: 5 },
  });
}

/** Float64 attention of one query over keys and values [length][headSize]. */
function attention(query: Float32Array, keys: Float32Array[], values: Float32Array[], scale: number) {
  const scores = keys.map((key) => key.reduce((sum, k, d) => sum + k * (query[d] as number), 0) * scale);
  const top = Math.max(...scores);
  const sum = scores.reduce((all, score) => all + Math.exp(score - top), 0);
  const pattern = scores.map((score) => Math.exp(score - top) / sum);
  const z = Array.from(query, (_, d) =>
    pattern.reduce((all, weight, j) => all + weight * (values[j]?.[d] as number), 0),
  );
  return { pattern, z };
}

describe.each(ways)('operations in %s', (_, simd) => {
  it('attend as float64 does, for any size of head and length of text', () => {
    const sizes = fc.record({ heads: upTo(3), headSize: upTo(21), length: upTo(150) });
    fc.assert(
      fc.property(sizes, ({ heads, headSize, length }) => {
        const workspace = new Workspace(300, simd);
        const cache = new CpuCache(modelOf(heads, headSize), 300, workspace);
        const width = heads * headSize;
        const [K, V] = [randomFloats(1, length * width, 3), randomFloats(2, length * width, 2)];
        for (let position = 0; position < length; position++) {
          cache.ensure(0, position + 1);
          cache.setKeys(0, 1, position, K, position * width);
          cache.setValues(0, 1, position, V, position * width);
        }
        // The other sequence gets what it holds by a copy.
        cache.reserve(2);
        cache.copy(0, 1, length);
        // One row that is not used, then the queries of the last positions.
        const count = simd && length >= queryRows && length % 2 === 0 ? queryRows : 1;
        const q = randomFloats(3, (count + 1) * width, 2);
        const keys = length + 1;
        for (const sequence of [0, 1]) {
          const rows = { sequence, row: 1, count, length: length - count + 1 };
          const pattern = {
            values: new Float32Array((count + 1) * heads * keys),
            stride: heads * keys,
            count,
          };
          const z = { values: new Float32Array((count + 1) * width), stride: width, count };
          for (let head = 0; head < heads; head++) {
            const where = { layer: 1, head, headSize };
            attend(cache, where, rows, { values: q, stride: width, count, scale: 0.37 }, pattern, keys);
            sumValues(cache, where, rows, pattern, keys, z);
            const own = (all: Float32Array) =>
              Array.from({ length }, (_, j) =>
                all.subarray(j * width + head * headSize, j * width + (head + 1) * headSize),
              );
            for (let row = 1; row <= count; row++) {
              const seen = rows.length + row - 1;
              const at = row * width + head * headSize;
              const query = q.subarray(at, at + headSize);
              const expected = attention(query, own(K).slice(0, seen), own(V).slice(0, seen), 0.37);
              const from = row * pattern.stride + head * keys;
              const found = pattern.values.subarray(from, from + seen);
              expect(largestDifference(found, expected.pattern)).toBeLessThan(2e-6);
              expect(largestDifference(z.values.subarray(at, at + headSize), expected.z)).toBeLessThan(2e-5);
              expect(pattern.values[from + seen]).toBe(0);
            }
          }
          expect(pattern.values.subarray(0, pattern.stride).every((value) => value === 0)).toBe(true);
          expect(z.values.subarray(0, width).every((value) => value === 0)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('norm rows of any width', () => {
    fc.assert(
      fc.property(upTo(70), upTo(5), upTo(3), (width, count, gap) => {
        const stride = width + gap;
        const values = randomFloats(width, count * stride, 3).map((value) => value + 40);
        const norm = { weight: randomFloats(1, width, 2), bias: randomFloats(2, width, 2) };
        const output = new Float32Array(count * width);
        layerNormRows({ values, stride, count }, norm, 1e-5, output, new Workspace(8, simd));
        for (let t = 0; t < count; t++) {
          const row = Array.from(values.subarray(t * stride, t * stride + width));
          const mean = row.reduce((sum, value) => sum + value, 0) / width;
          const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
          const expected = row.map(
            (value, i) =>
              ((value - mean) / Math.sqrt(variance + 1e-5)) * (norm.weight[i] as number) +
              (norm.bias[i] as number),
          );
          expect(largestDifference(output.subarray(t * width, (t + 1) * width), expected)).toBeLessThan(2e-4);
        }
      }),
    );
  });

  const activations: Activation[] = ['gelu_tanh', 'gelu_erf', 'quick_gelu', 'relu', 'silu', 'tanh'];
  it.each(activations)('activate by %s, in pieces', (activation) => {
    const ends = [0, -0, 1e-30, 12, -12, 80, -80, 1e4, -1e4, 1e18, -1e18];
    const values = Float32Array.from([...randomFloats(1, 70_001, 12), ...ends]);
    const expected = values.map(activationFunction(activation));
    const x = { values, stride: values.length, count: 1 };
    activateRows(x, values.length, activation, new Workspace(8, simd));
    for (const [i, value] of values.entries()) {
      const wanted = expected[i] as number;
      if (!(Math.abs(value - wanted) <= 1e-6 * Math.max(1, Math.abs(wanted))))
        expect(value, `of ${i}`).toBe(wanted);
    }
  });
});

describe('Workspace', () => {
  it('hands out again what was given back, and keeps what it holds when it grows', () => {
    for (const [, simd] of ways) {
      const workspace = new Workspace(8, simd);
      const first = workspace.allocate(100_000);
      workspace.floats.fill(3, first, first + 100_000);
      const second = workspace.allocate(400_000);
      expect(second).toBeGreaterThanOrEqual(first + 100_000);
      expect(workspace.floats.subarray(first, first + 100_000).every((value) => value === 3)).toBe(true);
      workspace.release(first, 100_000);
      expect(workspace.allocate(100_000)).toBe(first);
      expect(workspace.allocate(100_000)).not.toBe(first);
    }
  });

  it('says so where memory ends', () => {
    expect(() => new Workspace(8).allocate(2 ** 30)).toThrow(
      expect.objectContaining({ code: 'out-of-memory' }),
    );
  });
});
