import type { Gpu } from '../../gpu/index.ts';
import { candidateMatmuls } from '../../runtime/index.ts';
import {
  type Epilogue,
  type MatmulVariant,
  matmulGrid,
  matmulKernel,
  matmulName,
  matrixBuffers,
  packChunk,
  vectorStride,
} from '../../shaders/index.ts';
import { activate, linear } from '../../shaders/reference/index.ts';
import { type KernelCase, kernelCase, type Operation, repeating } from '../case.ts';
import { checkThat, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { type MatrixSpec, testMatrix } from '../support/matrix.ts';
import { randomFloats, strided, unstrided } from '../support/numbers.ts';

const direct: MatmulVariant = { kind: 'direct', tm: 4, rn: 8, workgroup: 32 };
const broadcast: MatmulVariant = { kind: 'broadcast', tm: 4, rn: 8, workgroup: 32, share: 4 };
/** Half the tile of most GPUs: a software adapter takes seconds to compile a whole one, which has one case. */
const tiled: MatmulVariant = { kind: 'tiled', tm: 4, rn: 4, workgroup: 128 };
const wholeTile: MatmulVariant = { ...tiled, tm: 8 };

interface Spec extends MatrixSpec {
  T: number;
  variant: MatmulVariant;
  epilogue?: Epilogue;
}

/** Runs a product over `out` filled with ones; returns out, the plain product [T][rows], and whether it kept within T. */
async function product(gpu: Gpu, spec: Spec) {
  const { rows, columns: K, T, variant } = spec;
  const stride = vectorStride(rows);
  const epilogue = spec.epilogue ?? { kind: 'store', stride };
  const { matrix, format, values } = testMatrix(gpu, spec);
  const x = randomFloats(2, T * K);
  const bias = randomFloats(3, rows);
  // Padding of x is garbage on purpose: the padded weights are zero.
  const inputStride = vectorStride(K);
  const buffers = [
    upload(gpu, strided(x, T, K, inputStride, 7)),
    ...matrixBuffers(matrix),
    upload(gpu, strided(bias, 1, rows, Math.ceil(rows / 4) * 4)),
    uploadUniform(gpu, packChunk({ count: T, base: 0, sequence: 0 })),
  ];
  const out = filled(gpu, (T + 1) * epilogue.stride, 1);
  const source = matmulKernel({ name: 'test', matrix: format, inputStride, epilogue }, variant);
  await runKernel(gpu, source, [...buffers, out], matmulGrid(format, variant, T));
  const floats = await readFloats(gpu, out);
  const after = floats.subarray(T * epilogue.stride);
  const within = checkThat(
    'nothing is written past the last row',
    after.every((value) => value === 1),
  );
  return { floats, stride, within, expected: linear(x, values, bias, { T, K, rows }) };
}

const tolerance = { absolute: 2e-5, relative: 1e-5 };
/** Either factor may be off by 2^-11 of its size: over 192 columns of numbers below 1, under 0.02. */
const halfTolerance = { absolute: 2e-2, relative: 2e-3 };

async function check(gpu: Gpu, spec: Spec, map = (y: number) => y) {
  const { floats, stride, within, expected } = await product(gpu, spec);
  const allowed = spec.variant.half ? halfTolerance : tolerance;
  const actual = unstrided(floats, spec.T, spec.rows, stride);
  return [compareNumbers('y', actual, expected.map(map), allowed), within];
}

async function checkHeads(gpu: Gpu, variant: MatmulVariant) {
  const epilogue: Epilogue = { kind: 'heads', stride: 60, shape: { heads: 5, headSize: 3 } };
  const spec: Spec = { dtype: 'f32', rows: 45, columns: 15, T: 4, variant, epilogue };
  const { floats, within, expected } = await product(gpu, spec);
  const packed = Float32Array.from({ length: 4 * 45 }, (_, i) => {
    const part = Math.floor((i % 45) / 3);
    return floats[Math.floor(i / 45) * 60 + part * 4 + (i % 3)] as number;
  });
  return [compareNumbers('qkv', packed, expected, tolerance), within];
}

function epilogueCases(variant: MatmulVariant): [string, (gpu: Gpu) => ReturnType<typeof check>][] {
  const rows = 131;
  const stride = vectorStride(rows);
  const spec: Spec = { dtype: 'f32', rows, columns: 64, T: 9, bindingLimit: 11000, variant };
  const activation = 'gelu_tanh';
  return [
    [
      'added to the residual stream, f32 cut into bands',
      (gpu) => check(gpu, { ...spec, epilogue: { kind: 'add', stride } }, (y) => y + 1),
    ],
    [
      'activated',
      (gpu) =>
        check(
          gpu,
          { ...spec, bindingLimit: 2 ** 27, epilogue: { kind: 'activate', stride, activation } },
          (y) => activate(activation, y),
        ),
    ],
    ['spread over padded heads', (gpu) => checkHeads(gpu, variant)],
  ];
}

function casesOf(variant: MatmulVariant): KernelCase[] {
  const add = (name: string, run: KernelCase['run']) =>
    kernelCase(`${variant.kind}, ${name}`, run, variant.kind === 'broadcast' ? 'subgroups' : undefined);
  const tiles = variant.kind === 'tiled';
  // Where columns, bands or the epilogue are tried: fewer rows a lane, and so less to compile.
  const narrow = { ...variant, tm: 2 };
  // Each case is a kernel of its own: what does not depend on one another is tried together.
  const widths = { f16: tiles ? 1088 : 1600, int8: 37, int4: 192 } as const;
  return [
    ...[1, 2, 7, 63, 64, 65, 130].map((T) => {
      const spec: Spec = { dtype: 'f32', rows: 72, columns: 80, T, variant };
      return repeating(
        add(`${T} rows of x`, (gpu) => check(gpu, spec)),
        T !== 65,
      );
    }),
    ...(['f16', 'int8', 'int4'] as const).map((dtype) =>
      add(`weights in ${dtype}, K = ${widths[dtype]}`, (gpu) =>
        check(gpu, { dtype, rows: 70, columns: widths[dtype], T: 37, variant: narrow }),
      ),
    ),
    repeating(
      add('K = 1', (gpu) => check(gpu, { dtype: 'f16', rows: 9, columns: 1, T: 5, variant: narrow })),
    ),
    add('int4 cut into bands', (gpu) =>
      check(gpu, { dtype: 'int4', rows: 131, columns: 64, T: 9, bindingLimit: 1300, variant: narrow }),
    ),
    ...epilogueCases(narrow).map(([name, run]) => add(name, run)),
  ];
}

const halves: MatmulVariant[] = [
  { ...wholeTile, half: true },
  { ...tiled, workgroup: 256, half: true },
];
const halfShapes = [['f16', 72, 1], ['f16', 131, 65], ['int8', 70, 37], ['int4', 70, 37]] as const; // biome-ignore format: tuples

export const matmulOperation: Operation = {
  name: 'matrix product of rows',
  cases: [
    ...[direct, broadcast, tiled].flatMap(casesOf),
    repeating(
      kernelCase('tiled, 65 rows of x in tiles of 8', (gpu) =>
        check(gpu, { dtype: 'f32', rows: 72, columns: 80, T: 65, variant: wholeTile }),
      ),
    ),
    ...halves.flatMap((variant) =>
      halfShapes.map(([dtype, rows, T]) =>
        kernelCase(
          `tiles in f16, ${variant.workgroup} lanes, weights in ${dtype}, ${T} rows`,
          (gpu) => check(gpu, { dtype, rows, columns: 192, T, variant }),
          'shader-f16',
        ),
      ),
    ),
  ],
  deviceCases: (info) =>
    (['f32', 'int4'] as const).flatMap((dtype) =>
      candidateMatmuls(info, dtype).map((variant) =>
        kernelCase(`candidate ${matmulName(variant)}, weights in ${dtype}`, (gpu) =>
          check(gpu, { dtype, rows: 131, columns: 192, T: 37, variant }),
        ),
      ),
    ),
};
