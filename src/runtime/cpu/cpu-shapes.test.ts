import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readCheckpoint } from '../../../test/support/checkpoint.ts';
import { cpuRuntime, largestDifference, loadCpuWeights } from '../../../test/support/cpu.ts';
import { expectSameAlone, productSizes } from '../../../test/support/matrix-checks.ts';
import { randomFloats } from '../../../test/support/numbers.ts';
import { checkpointShapes, randomCheckpoint } from '../../../test/support/random-checkpoint.ts';
import { defined } from '../../lib/index.ts';
import { describeParameters, type GPT2Config, parseConfig, referenceForward } from '../../model/index.ts';
import type { TensorInfo } from '../../weights/index.ts';
import { addRow, createPanels, placeColumns, placeRows, plainMath } from './packed-matrix.ts';
import { createCpuMath, SimdMath } from './simd.ts';
import { CpuWeightLoader } from './weights.ts';

// Needed by Node 20 alone.
setFlagsFromString('--experimental-wasm-relaxed-simd');

function shape(changes: Record<string, number>): GPT2Config {
  const small = { model_type: 'gpt2', n_embd: 24, n_head: 3, n_layer: 1, n_positions: 8, vocab_size: 33 };
  return parseConfig({ ...small, ...changes });
}

const shapes: [string, GPT2Config][] = [
  ['one channel a head', shape({ n_embd: 7, n_head: 7 })],
  ['heads of 80', shape({ n_embd: 160, n_head: 2 })],
  ['an inner width of 37', shape({ n_inner: 37, n_layer: 3 })],
  ['a vocabulary of 1', shape({ vocab_size: 1 })],
  ['a vocabulary of 61', shape({ vocab_size: 61 })],
  ['E = 1088 in 17 heads', shape({ n_embd: 1088, n_head: 17 })],
  // A narrow MLP here, which would take most of the time; the wide one is that of E = 1088.
  ['E = 1600 in 25 heads', shape({ n_embd: 1600, n_head: 25, n_positions: 4, n_inner: 96 })],
  ['E = 1', shape({ n_embd: 1, n_head: 1, n_inner: 1 })],
  ['a context of 1', shape({ n_positions: 1 })],
];

describe('odd shapes on the CPU', () => {
  it.each(shapes)('%s: logits after one token and after a full context', async (_, config) => {
    const checkpoint = randomCheckpoint(config);
    const ids = Array.from({ length: config.nPositions }, (_, t) => (t * 7) % config.vocabSize);
    const pass = referenceForward(config, checkpoint.weights, ids);
    const runtime = cpuRuntime(checkpoint);
    await runtime.prefill(0, 0, ids.slice(0, 1));
    expect(largestDifference(await runtime.logits(0), pass.logits(0))).toBeLessThan(1e-4);
    await runtime.prefill(0, 0, ids);
    const last = pass.logits(ids.length - 1);
    expect(largestDifference(await runtime.logits(0), last)).toBeLessThan(1e-4);
  });
});

/** Room for one matrix of up to 40 x 40. */
const roomy = shape({ n_embd: 48, n_head: 3 });

describe.each([
  ['plain JavaScript', () => plainMath],
  ['SIMD', () => defined(SimdMath.create(roomy, true, [], false, false), 'WebAssembly SIMD')],
  ['relaxed SIMD', () => defined(SimdMath.create(roomy, true, [], false, true), 'relaxed SIMD')],
])('panels by %s', (_, createMath) => {
  const sizes = productSizes(40, 30, 100);

  it('multiply as rows of W do, from either order of storing and any pieces', () => {
    fc.assert(
      fc.property(sizes, ({ rows, columns, count, gap, piece }) => {
        const math = createMath();
        const W = randomFloats(rows, rows * columns, 1);
        const byRows = createPanels(math, rows, columns);
        const byColumns = createPanels(math, rows, columns);
        const transposed = Float32Array.from(
          W,
          (_, i) => W[(i % rows) * columns + Math.floor(i / rows)] as number,
        );
        for (let at = 0; at < W.length; at += piece) {
          placeRows(byRows, at, W.subarray(at, at + piece), math);
          placeColumns(byColumns, at, transposed.subarray(at, at + piece));
        }
        expect(largestDifference(byColumns.values, byRows.values)).toBe(0);
        const stride = columns + gap;
        const x = { values: randomFloats(columns, count * stride, 1), stride, count };
        const y = new Float32Array(count * byRows.paddedRows);
        math.multiply(byRows, x, y);
        const got: number[] = [];
        const expected: number[] = [];
        for (let t = 0; t < count; t++) {
          for (let row = 0; row < rows; row++) {
            let sum = 0;
            for (let k = 0; k < columns; k++)
              sum += (W[row * columns + k] as number) * (x.values[t * stride + k] as number);
            expected.push(sum);
            got.push(y[t * byRows.paddedRows + row] as number);
          }
        }
        expect(largestDifference(got, expected)).toBeLessThan(1e-5);
        const picked = new Float32Array(columns + 1);
        addRow(byRows, rows - 1, picked, 1);
        expect(picked.subarray(1)).toEqual(W.slice((rows - 1) * columns));
      }),
    );
  });

  it('give a row the same result to the bit however many are computed with it', () => {
    const math = createMath();
    const matrix = createPanels(math, 45, 33);
    placeRows(matrix, 0, randomFloats(1, 45 * 33, 1), plainMath);
    expectSameAlone(math, matrix, randomFloats(2, 71 * 33, 1));
  });
});

describe('createCpuMath', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('uses SIMD where available', () => {
    expect(createCpuMath(roomy, true)).toBeInstanceOf(SimdMath);
  });

  it('falls back to plain JavaScript without WebAssembly, where it is forbidden, and for huge models', () => {
    const forbidden = () => {
      throw new Error('Refused by the content security policy');
    };
    vi.stubGlobal('WebAssembly', { Module: forbidden });
    expect(createCpuMath(roomy, true)).toBe(plainMath);
    vi.stubGlobal('WebAssembly', undefined);
    expect(createCpuMath(roomy, true)).toBe(plainMath);
    vi.unstubAllGlobals();
    const huge = shape({ n_embd: 1600, n_head: 25, n_layer: 48, vocab_size: 50257 });
    expect(createCpuMath(huge, true)).toBe(plainMath);
  });
});

describe('CpuWeightLoader', () => {
  it('says so when the model does not fit', () => {
    const huge = shape({ n_embd: 2 ** 20, n_head: 1, vocab_size: 2 ** 20 });
    const tensors = new Map<string, TensorInfo>();
    for (const [name, size] of checkpointShapes(huge))
      tensors.set(name, { name, dtype: 'F16', shape: size, file: '', begin: 0, end: 0 });
    expect(() => new CpuWeightLoader(huge, describeParameters(huge, tensors))).toThrowError(
      expect.objectContaining({ code: 'out-of-memory' }),
    );
  });

  it.each(['test/golden/family/masks', 'test/golden/family/sharded', 'test/golden/family/relu'])(
    'loads %s from pieces of any size',
    (folder) => {
      const checkpoint = readCheckpoint(folder);
      const whole = loadCpuWeights(checkpoint);
      for (const size of [1, 2, 3, 5, 7, 64, 1001]) {
        const pieces = loadCpuWeights(checkpoint, size);
        expect(pieces.matrices).toEqual(whole.matrices);
        expect(pieces.vectors).toEqual(whole.vectors);
      }
    },
  );

  it('accepts interleaved tensors, and names an incomplete one', () => {
    const checkpoint = randomCheckpoint(shape({}));
    const loader = new CpuWeightLoader(checkpoint.config, checkpoint.table);
    const tensors = [...checkpoint.tensors.values()];
    for (const part of [0, 1]) {
      for (const tensor of tensors) {
        const bytes = checkpoint.bytes(tensor);
        const half = Math.floor(bytes.length / 2) - 1;
        loader.write(tensor, part * half, bytes.subarray(part * half, part ? bytes.length : half));
        if (part === 0) expect(() => loader.finish()).toThrow('is whole');
      }
    }
    expect(loader.finish().matrices).toEqual(loadCpuWeights(checkpoint).matrices);
  });
});
