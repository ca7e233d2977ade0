import { describe, expect, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload } from '../../test/support/gpu.ts';
import { type MatrixSpec, testMatrix } from '../../test/support/matrix.ts';
import { expectClose, randomFloats, strided, type Tolerance, unstrided } from '../../test/support/numbers.ts';
import type { Epilogue } from './epilogue.ts';
import {
  auxLayout,
  type MatvecVariant,
  matvecGrid,
  matvecKernel,
  variantName,
  vectorStride,
} from './matvec.ts';
import { activate, foldNorm, layerNorm, linear } from './reference/index.ts';
import { stateBytes } from './state.ts';
import { matrixBuffers } from './weights.ts';

const gpu = sharedGpu();

interface Case extends MatrixSpec {
  count?: number;
  norm?: boolean;
  variant?: MatvecVariant;
  epilogue?: Epilogue;
  /** Mean of x; far from zero it tries the folded norm. */
  mean?: number;
  running?: number;
}

const plain: MatvecVariant = { lanes: 1, rows: 1, workgroup: 32, reduction: 'none' };

/** The product over an `out` of ones, and what it should be. */
async function product(spec: Case) {
  const { rows, columns: K, count = 1, norm = false, variant = plain } = spec;
  const stride = vectorStride(rows);
  const epilogue = spec.epilogue ?? { kind: 'store', stride };
  const { matrix, format, values } = testMatrix(gpu(), spec);
  const x = randomFloats(2, count * K, 1, spec.mean ?? 0.2);
  const [bias, gamma, beta] = [randomFloats(3, rows), randomFloats(4, K, 0.3, 1), randomFloats(5, K, 0.5)];
  const layout = auxLayout(format, norm);
  const aux = new Float32Array(layout.floats);
  aux.set(bias, layout.t4 * 4);
  if (norm) {
    const { s, t } = foldNorm(values, bias, gamma, beta);
    aux.set(t, layout.t4 * 4);
    aux.set(s, layout.s4 * 4);
    aux.set(gamma, layout.gamma4 * 4);
  }
  const inputStride = vectorStride(K);
  const normEpsilon = norm ? 1e-5 : undefined;
  const shape = { name: 'test', matrix: format, columns: count, inputStride, normEpsilon, epilogue };
  const state = new Uint32Array(stateBytes(count) / 4);
  state[0] = spec.running ?? count;
  const out = filled(gpu(), count * epilogue.stride, 1);
  const buffers = [
    // Padding of x is garbage on purpose.
    upload(gpu(), strided(x, count, K, inputStride, 9)),
    ...matrixBuffers(matrix),
    upload(gpu(), aux),
    upload(gpu(), state),
    out,
  ];
  await runKernel(gpu(), matvecKernel(shape, variant), buffers, matvecGrid(format, variant));
  const input = norm ? layerNorm(x, gamma, beta, 1e-5) : x;
  const floats = await readFloats(gpu(), out);
  return { floats, stride, expected: linear(input, values, bias, { T: count, K, rows }) };
}

const tolerance = { absolute: 3e-5, relative: 2e-5 };

async function check(spec: Case, allowed: Tolerance = tolerance) {
  const { floats, stride, expected } = await product(spec);
  expectClose(unstrided(floats, spec.count ?? 1, spec.rows, stride), expected, allowed);
}

const dtypes = ['f32', 'f16', 'int8', 'int4'] as const;
const variants: MatvecVariant[] = [
  { lanes: 1, rows: 2, workgroup: 64, reduction: 'none' },
  { lanes: 1, rows: 4, workgroup: 8, reduction: 'none' },
  { lanes: 8, rows: 1, workgroup: 64, reduction: 'shared' },
  { lanes: 32, rows: 4, workgroup: 32, reduction: 'shared' },
  { lanes: 2, rows: 2, workgroup: 128, reduction: 'shared' },
];

describe('variants', () => {
  test.each(variants.map((variant) => [variantName(variant), variant] as const))('%s', async (_, variant) => {
    await check({ dtype: 'f16', rows: 77, columns: 200, variant });
    await check({ dtype: 'f32', rows: 33, columns: 37, count: 2, norm: true, variant });
  });

  test('subgroups, where the device has them', async () => {
    const { features, subgroupMinSize } = gpu().info;
    if (!features.includes('subgroups')) {
      expect(subgroupMinSize).toBe(0);
      return;
    }
    const lanes = Math.min(32, subgroupMinSize);
    const variant: MatvecVariant = { lanes, rows: 2, workgroup: 64, reduction: 'subgroup' };
    await check({ dtype: 'f16', rows: 77, columns: 200, variant });
    await check({ dtype: 'f32', rows: 33, columns: 37, count: 2, norm: true, variant });
  });
});

describe.each(dtypes)('weights in %s', (dtype) => {
  const variant: MatvecVariant = { lanes: 4, rows: 2, workgroup: 32, reduction: 'shared' };

  test.each([1, 37, 80, 1088, 1600])('K = %i', (columns) => check({ dtype, rows: 13, columns, variant }));

  test.each([1, 37, 1600])('K = %i, normed', (columns) =>
    check({ dtype, rows: 13, columns, norm: true, variant }),
  );

  test('cut into bands', () => check({ dtype, rows: 131, columns: 64, bindingLimit: 11000, variant }));

  // Four are the most that fit beside the other bindings under the default limits.
  const fourBands = { f32: 20000, f16: 10000, int8: 5000, int4: 2500 };
  test('five columns, normed, cut into bands', () =>
    check({ dtype, rows: 131, columns: 100, count: 5, norm: true, bindingLimit: fourBands[dtype], variant }));
});

describe('columns', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i at once', (count) =>
    check({ dtype: 'f32', rows: 21, columns: 70, count, norm: true }),
  );
});

describe('folded norm', () => {
  test('a mean far above the deviation loses no accuracy', () =>
    check({ dtype: 'f32', rows: 40, columns: 300, norm: true, mean: 300 }, { absolute: 3e-3 }));

  test('a constant input leaves t', () =>
    check({ dtype: 'f32', rows: 40, columns: 1, norm: true, mean: 5 }, { absolute: 1e-4 }));
});

describe('what happens to the values', () => {
  test('added to the residual stream', async () => {
    const rows = 66;
    const stride = vectorStride(rows);
    const epilogue: Epilogue = { kind: 'add', stride };
    const { floats, expected } = await product({ dtype: 'f32', rows, columns: 70, count: 3, epilogue });
    const actual = unstrided(floats, 3, rows, stride);
    expectClose(
      actual,
      expected.map((y) => y + 1),
      tolerance,
    );
  });

  test('activated', async () => {
    const rows = 66;
    const stride = vectorStride(rows);
    const epilogue: Epilogue = { kind: 'activate', stride, activation: 'silu' };
    const { floats, expected } = await product({ dtype: 'f32', rows, columns: 70, count: 3, epilogue });
    expectClose(
      unstrided(floats, 3, rows, stride),
      expected.map((y) => activate('silu', y)),
      tolerance,
    );
  });

  test('spread over padded heads', async () => {
    const epilogue: Epilogue = { kind: 'heads', stride: 60, shape: { heads: 5, headSize: 3 } };
    const { floats, expected } = await product({ dtype: 'f32', rows: 45, columns: 15, count: 2, epilogue });
    const packed = Float32Array.from({ length: 90 }, (_, i) => {
      const part = Math.floor((i % 45) / 3);
      return floats[Math.floor(i / 45) * 60 + part * 4 + (i % 3)] as number;
    });
    expectClose(packed, expected, tolerance);
  });

  test('nothing, when no column runs', async () => {
    const { floats } = await product({ dtype: 'f32', rows: 9, columns: 9, running: 0 });
    expect(floats.every((value) => value === 1)).toBe(true);
  });
});
