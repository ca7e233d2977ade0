import type { Gpu } from '../../gpu/index.ts';
import { candidateVariants } from '../../runtime/index.ts';
import {
  biasAndNormLayout,
  type Epilogue,
  type MatvecVariant,
  matrixBuffers,
  matrixFormat,
  matvecGrid,
  matvecKernel,
  stateBytes,
  variantName,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { activate, foldNorm, layerNorm, linear } from '../../shaders/reference/index.ts';
import { type KernelCase, kernelCase, type Operation, repeating } from '../case.ts';
import { checkThat, compareNumbers, type Tolerance } from '../support/compare.ts';
import { filled, readFloats, runKernel, upload } from '../support/gpu.ts';
import { type MatrixSpec, testMatrix } from '../support/matrix.ts';
import { randomFloats, strided, unstrided } from '../support/numbers.ts';

interface Spec extends MatrixSpec {
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
async function product(gpu: Gpu, spec: Spec) {
  const { rows, columns: K, count = 1, norm = false, variant = plain } = spec;
  const stride = vectorStride(rows);
  const epilogue = spec.epilogue ?? { kind: 'store', stride };
  const { matrix, format, values } = testMatrix(gpu, spec);
  const x = randomFloats(2, count * K, 1, spec.mean ?? 0.2);
  const [bias, gamma, beta] = [randomFloats(3, rows), randomFloats(4, K, 0.3, 1), randomFloats(5, K, 0.5)];
  const layout = biasAndNormLayout(format, norm);
  const biasAndNorm = new Float32Array(layout.floats);
  biasAndNorm.set(bias, layout.t4 * 4);
  if (norm) {
    const { s, t } = foldNorm(values, bias, gamma, beta);
    biasAndNorm.set(t, layout.t4 * 4);
    biasAndNorm.set(s, layout.s4 * 4);
    biasAndNorm.set(gamma, layout.gamma4 * 4);
  }
  const inputStride = vectorStride(K);
  const normEpsilon = norm ? 1e-5 : undefined;
  const shape = { name: 'test', matrix: format, columns: count, inputStride, normEpsilon, epilogue };
  const state = new Uint32Array(stateBytes(count) / 4);
  state[0] = spec.running ?? count;
  const out = filled(gpu, count * epilogue.stride, 1);
  const buffers = [
    // Padding of x is garbage on purpose.
    upload(gpu, strided(x, count, K, inputStride, 9)),
    ...matrixBuffers(matrix),
    upload(gpu, biasAndNorm),
    upload(gpu, state),
    out,
  ];
  await runKernel(gpu, matvecKernel(shape, variant), buffers, matvecGrid(format, variant));
  const input = norm ? layerNorm(x, gamma, beta, 1e-5) : x;
  const floats = await readFloats(gpu, out);
  return { floats, stride, expected: linear(input, values, bias, { T: count, K, rows }) };
}

const tolerance = { absolute: 3e-5, relative: 2e-5 };

async function check(gpu: Gpu, spec: Spec, allowed: Tolerance = tolerance, map = (y: number) => y) {
  const { floats, stride, expected } = await product(gpu, spec);
  const actual = unstrided(floats, spec.count ?? 1, spec.rows, stride);
  return compareNumbers('y', actual, expected.map(map), allowed);
}

const variants: MatvecVariant[] = [
  { lanes: 1, rows: 2, workgroup: 64, reduction: 'none' },
  { lanes: 1, rows: 4, workgroup: 8, reduction: 'none' },
  { lanes: 8, rows: 1, workgroup: 64, reduction: 'shared' },
  { lanes: 32, rows: 4, workgroup: 32, reduction: 'shared' },
  { lanes: 2, rows: 2, workgroup: 128, reduction: 'shared' },
  // Every adapter with subgroups has them of at least 4 lanes.
  { lanes: 4, rows: 2, workgroup: 64, reduction: 'subgroup' },
];

/** A plain product and one of two columns with a folded norm. */
function variantCase(label: string, variant: MatvecVariant): KernelCase {
  return kernelCase(
    `${label} ${variantName(variant)}`,
    async (gpu) => [
      await check(gpu, { dtype: 'f16', rows: 77, columns: 200, variant }),
      await check(gpu, { dtype: 'f32', rows: 33, columns: 37, count: 2, norm: true, variant }),
    ],
    variant.reduction === 'subgroup' ? 'subgroups' : undefined,
  );
}

/** Four bands are the most that fit beside the other bindings under the default limits. */
const fourBands = { f32: 20000, f16: 10000, int8: 5000, int4: 2500 };

function dtypeCases(dtype: WeightDtype): KernelCase[] {
  const variant: MatvecVariant = { lanes: 4, rows: 2, workgroup: 32, reduction: 'shared' };
  const label = `weights in ${dtype}`;
  // The sum over a row is the same for all types; what differs is how a group of weights is read.
  const plain = dtype === 'f32' ? [1, 37, 80, 1088, 1600] : [37, 1600];
  const normed = dtype === 'f32' ? [1, 37, 1600] : [37];
  return [
    ...plain.map((columns) => {
      const spec: Spec = { dtype, rows: 13, columns, variant };
      const one = kernelCase(`${label}, K = ${columns}`, (gpu) => check(gpu, spec));
      return repeating(one, columns !== 37);
    }),
    ...normed.map((columns) => {
      const spec: Spec = { dtype, rows: 13, columns, norm: true, variant };
      const one = kernelCase(`${label}, K = ${columns}, normed`, (gpu) => check(gpu, spec));
      return repeating(one, columns !== 37);
    }),
    kernelCase(`${label}, cut into bands`, (gpu) =>
      check(gpu, { dtype, rows: 131, columns: 64, bindingLimit: 11000, variant }),
    ),
    kernelCase(`${label}, five columns, normed, cut into bands`, (gpu) => {
      const spec = { dtype, rows: 131, columns: 100, count: 5, norm: true, variant };
      return check(gpu, { ...spec, bindingLimit: fourBands[dtype] });
    }),
  ];
}

async function checkHeads(gpu: Gpu) {
  const epilogue: Epilogue = { kind: 'heads', stride: 60, shape: { heads: 5, headSize: 3 } };
  const { floats, expected } = await product(gpu, {
    dtype: 'f32',
    rows: 45,
    columns: 15,
    count: 2,
    epilogue,
  });
  const packed = Float32Array.from({ length: 90 }, (_, i) => {
    const part = Math.floor((i % 45) / 3);
    return floats[Math.floor(i / 45) * 60 + part * 4 + (i % 3)] as number;
  });
  return compareNumbers('qkv', packed, expected, tolerance);
}

function epilogueCases(): KernelCase[] {
  const rows = 66;
  const stride = vectorStride(rows);
  const spec: Spec = { dtype: 'f32', rows, columns: 70, count: 3 };
  return [
    kernelCase('added to the residual stream', (gpu) =>
      check(gpu, { ...spec, epilogue: { kind: 'add', stride } }, tolerance, (y) => y + 1),
    ),
    kernelCase('activated', (gpu) =>
      check(gpu, { ...spec, epilogue: { kind: 'activate', stride, activation: 'silu' } }, tolerance, (y) =>
        activate('silu', y),
      ),
    ),
    kernelCase('spread over padded heads', checkHeads),
    kernelCase('nothing, when no column runs', async (gpu) => {
      const { floats } = await product(gpu, { dtype: 'f32', rows: 9, columns: 9, running: 0 });
      return checkThat(
        'the output is untouched',
        floats.every((value) => value === 1),
      );
    }),
  ];
}

export const matvecOperation: Operation = {
  name: 'matrix by vector',
  cases: [
    ...variants.map((variant) => variantCase('variant', variant)),
    ...(['f32', 'f16', 'int8', 'int4'] as const).flatMap(dtypeCases),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((count) => {
      const spec: Spec = { dtype: 'f32', rows: 21, columns: 70, count, norm: true };
      const one = kernelCase(`${count} columns at once`, (gpu) => check(gpu, spec));
      return repeating(one, count !== 8);
    }),
    kernelCase('folded norm, a mean far above the deviation', (gpu) =>
      check(gpu, { dtype: 'f32', rows: 40, columns: 300, norm: true, mean: 300 }, { absolute: 3e-3 }),
    ),
    kernelCase('folded norm, a constant input leaves the bias', (gpu) =>
      check(gpu, { dtype: 'f32', rows: 40, columns: 1, norm: true, mean: 5 }, { absolute: 1e-4 }),
    ),
    ...epilogueCases(),
  ],
  deviceCases: (info) => {
    const matrix = matrixFormat('f16', 77, 200, 2 ** 27);
    const epilogue: Epilogue = { kind: 'store', stride: vectorStride(77) };
    const shape = {
      name: 'test',
      matrix,
      columns: 1,
      inputStride: vectorStride(200),
      normEpsilon: undefined,
      epilogue,
    };
    return candidateVariants(info, shape).map((variant) => variantCase('candidate', variant));
  },
};
