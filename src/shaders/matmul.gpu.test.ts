import { describe, expect, test } from 'vitest';
import { filled, readFloats, runKernel, sharedGpu, upload, uploadUniform } from '../../test/support/gpu.ts';
import { type MatrixSpec, testMatrix } from '../../test/support/matrix.ts';
import { expectClose, randomFloats, strided, unstrided } from '../../test/support/numbers.ts';
import { packChunk } from './chunk.ts';
import type { Epilogue } from './epilogue.ts';
import { type MatmulVariant, matmulGrid, matmulKernel, matmulName } from './matmul.ts';
import { vectorStride } from './matvec.ts';
import { activate, linear } from './reference/index.ts';
import { matrixBuffers } from './weights.ts';

const gpu = sharedGpu();

const direct: MatmulVariant = { kind: 'direct', tm: 4, rn: 8, workgroup: 32 };
const broadcast: MatmulVariant = { kind: 'broadcast', tm: 4, rn: 8, workgroup: 32, share: 4 };
const tiled: MatmulVariant = { kind: 'tiled', tm: 8, rn: 4, workgroup: 128 };

interface Case extends MatrixSpec {
  T: number;
  variant: MatmulVariant;
  epilogue?: Epilogue;
}

/** Runs a product over `out` filled with ones; returns out, [T][rows] and the plain product. */
async function product(spec: Case) {
  const { rows, columns: K, T, variant } = spec;
  const stride = vectorStride(rows);
  const epilogue = spec.epilogue ?? { kind: 'store', stride };
  const { matrix, format, values } = testMatrix(gpu(), spec);
  const x = randomFloats(2, T * K);
  const bias = randomFloats(3, rows);
  // Padding of x is garbage on purpose: the padded weights are zero.
  const inputStride = vectorStride(K);
  const buffers = [
    upload(gpu(), strided(x, T, K, inputStride, 7)),
    ...matrixBuffers(matrix),
    upload(gpu(), strided(bias, 1, rows, Math.ceil(rows / 4) * 4)),
    uploadUniform(gpu(), packChunk({ count: T, base: 0, sequence: 0 })),
  ];
  const out = filled(gpu(), (T + 1) * epilogue.stride, 1);
  const source = matmulKernel({ name: 'test', matrix: format, inputStride, epilogue }, variant);
  await runKernel(gpu(), source, [...buffers, out], matmulGrid(format, variant, T));
  const floats = await readFloats(gpu(), out);
  const after = floats.subarray(T * epilogue.stride);
  expect(after.every((value) => value === 1)).toBe(true);
  return { floats, stride, expected: linear(x, values, bias, { T, K, rows }) };
}

const tolerance = { absolute: 2e-5, relative: 1e-5 };

async function check(spec: Case) {
  const { floats, stride, expected } = await product(spec);
  expectClose(unstrided(floats, spec.T, spec.rows, stride), expected, tolerance);
}

// Every adapter the tests run on has subgroups of at least 4.
describe.each([direct, broadcast, tiled])('$kind', (variant) => {
  test.each([1, 2, 7, 63, 64, 65, 130])(`${matmulName(variant)}: %i rows of x`, (T) =>
    check({ dtype: 'f32', rows: 72, columns: 80, T, variant }),
  );

  test.each(['f16', 'int8', 'int4'] as const)('weights in %s', (dtype) =>
    check({ dtype, rows: 70, columns: 192, T: 37, variant }),
  );

  // The tiled kernel takes seconds to compile on software adapters: fewer widths of it.
  test.each(variant.kind !== 'tiled' ? [1, 37, 80, 1088, 1600] : [1, 1088])('K = %i', (columns) =>
    check({ dtype: 'f16', rows: 9, columns, T: 5, variant }),
  );

  test.each(variant.kind !== 'tiled' ? (['f32', 'int4'] as const) : (['int4'] as const))(
    '%s cut into bands',
    (dtype) =>
      check({ dtype, rows: 131, columns: 64, T: 9, bindingLimit: dtype === 'f32' ? 11000 : 1300, variant }),
  );

  test('adds to the residual stream', async () => {
    const rows = 66;
    const stride = vectorStride(rows);
    const spec: Case = { dtype: 'f32', rows, columns: 70, T: 6, variant, epilogue: { kind: 'add', stride } };
    const { floats, expected } = await product(spec);
    expectClose(
      unstrided(floats, 6, rows, stride),
      expected.map((y) => y + 1),
      tolerance,
    );
  });

  test('applies the activation', async () => {
    const rows = 66;
    const stride = vectorStride(rows);
    const epilogue: Epilogue = { kind: 'activate', stride, activation: 'gelu_tanh' };
    const { floats, expected } = await product({ dtype: 'f32', rows, columns: 70, T: 6, variant, epilogue });
    expectClose(
      unstrided(floats, 6, rows, stride),
      expected.map((y) => activate('gelu_tanh', y)),
      tolerance,
    );
  });

  test('spreads heads over their padded places', async () => {
    const shape = { heads: 5, headSize: 3 };
    const epilogue: Epilogue = { kind: 'heads', stride: 60, shape };
    const { floats, expected } = await product({
      dtype: 'f32',
      rows: 45,
      columns: 15,
      T: 4,
      variant,
      epilogue,
    });
    const packed = Float32Array.from({ length: 4 * 45 }, (_, i) => {
      const part = Math.floor((i % 45) / 3);
      return floats[Math.floor(i / 45) * 60 + part * 4 + (i % 3)] as number;
    });
    expectClose(packed, expected, tolerance);
  });
});

describe('tiles in f16', () => {
  const variants: MatmulVariant[] = [
    { ...tiled, half: true },
    { ...tiled, tm: 4, workgroup: 256, half: true },
  ];
  const half = { absolute: 2e-2, relative: 2e-3 };

  // Each product's two factors may be off by 2^-11 of their size: over 192 columns of numbers below 1, under 0.02.
  test.each(variants)('$workgroup lanes; refused without shader-f16', async (variant) => {
    if (!gpu().info.features.includes('shader-f16')) {
      await expect(check({ dtype: 'f16', rows: 72, columns: 192, T: 1, variant })).rejects.toThrow('f16');
      return;
    }
    for (const [dtype, rows, T] of [
      ['f16', 72, 1],
      ['f16', 131, 65],
      ['int8', 70, 37],
      ['int4', 70, 37],
    ] as const) {
      const { floats, stride, expected } = await product({ dtype, rows, columns: 192, T, variant });
      expectClose(unstrided(floats, T, rows, stride), expected, half);
    }
  });
});
