import { type TestMatrix, testMatrix } from '../../src/device-test/support/matrix.ts';
import type { Gpu } from '../../src/gpu/index.ts';
import {
  type GPT2Config,
  gpt2,
  type Pass,
  type ReferenceRun,
  type ReferenceWeights,
  recordGraph,
  referencePass,
} from '../../src/model/index.ts';
import type { GpuModel, Linear } from '../../src/runtime/gpu/gpu-model.ts';
import { lower } from '../../src/runtime/gpu/lowering.ts';
import type { LinearStep } from '../../src/runtime/gpu/steps.ts';
import {
  biasAndNormLayout,
  kvBytes,
  packLayer,
  vectorStride,
  type WeightDtype,
} from '../../src/shaders/index.ts';
import { foldNorm } from '../../src/shaders/reference/index.ts';

import { randomFloats, strided } from './numbers.ts';

export const tinyConfig: GPT2Config = {
  vocabSize: 61,
  nPositions: 160,
  nEmbd: 20,
  nLayer: 2,
  nHead: 4,
  nInner: 44,
  activation: 'gelu_tanh',
  layerNormEpsilon: 1e-5,
  scaleAttnWeights: true,
  scaleAttnByInverseLayerIdx: true,
  tieWordEmbeddings: true,
  eosTokenIds: [],
};

export interface RandomModel {
  model: GpuModel;
  /** The float64 reference over one sequence, with the residual stream captured before the first block and after each. */
  forward(ids: readonly number[], capture?: readonly string[]): ReferenceRun;
}

export interface RandomModelOptions {
  dtype?: WeightDtype;
  kv?: 'f32' | 'f16';
  context?: number;
  sequences?: number;
  /** Another architecture of the same config. */
  pass?: Pass;
}

/** A model of random weights on the GPU, and the same weights for the reference. */
export function randomModel(gpu: Gpu, config: GPT2Config, options: RandomModelOptions = {}): RandomModel {
  const { dtype = 'f32', kv = 'f32', context = config.nPositions, sequences = 1 } = options;
  const { nEmbd: C, vocabSize: V, nPositions: P } = config;
  const forward = options.pass ?? gpt2(config);
  const pass = lower(recordGraph(forward));
  const weights = new Map<string, Float32Array>();
  let seed = 100;
  const put = (name: string, values: Float32Array) => {
    weights.set(name, values);
    return values;
  };
  const wte = testMatrix(gpu, { dtype, rows: V, columns: C, seed: seed++ });
  put('wte', wte.values);
  const wpe = put('wpe', randomFloats(seed++, P * C, 0.3));
  const linears = new Map<string, Linear>();
  const norms = new Map<string, GPUBuffer>();
  const attention: GpuModel['attention'] = [];
  const norm = (name: string, width: number) => ({
    gamma: put(`${name}.weight`, randomFloats(seed++, width, 0.3, 1)),
    beta: put(`${name}.bias`, randomFloats(seed++, width, 0.2)),
  });
  const linear = (step: LinearStep): Linear => {
    const { name, inputs, outputs, bias } = step;
    const own = bias ? testMatrix(gpu, { dtype, rows: outputs, columns: inputs, seed: seed++ }) : wte;
    const b = bias ? put(`${name}.bias`, randomFloats(seed++, outputs, 0.2)) : new Float32Array(outputs);
    if (bias) put(`${name}.weight`, transposed(own.values, outputs, inputs));
    return gpuLinear(gpu, own, b, step.norm && { ...norm(step.norm.name, inputs), ...step.norm });
  };
  for (const step of [...pass.body, ...pass.head]) {
    if (step.kind === 'linear') linears.set(step.name, linear(step));
    if (step.kind === 'norm') {
      const { gamma, beta } = norm(step.name, step.width);
      const both = [gamma, beta].flatMap((part) => [
        ...strided(part, 1, step.width, vectorStride(step.width)),
      ]);
      norms.set(step.name, gpu.buffers.from(step.name, Float32Array.from(both)));
    }
    if (step.kind === 'attention') {
      const { heads, scale } = step.spec;
      const bytes = kvBytes({ heads, headSize: step.headSize, context, kv });
      attention.push({
        scale: gpu.buffers.from('scale', packLayer({ scale }), 0x40 | 0x8),
        kv: gpu.buffers.create('kv', sequences * bytes),
      });
    }
  }
  const positions = gpu.buffers.from('wpe', strided(wpe, P, C, vectorStride(C)));
  const embedding = wte.matrix;
  const withoutAdapter = new Map();
  const model: GpuModel = {
    ...{ config, forward, pass, embedding, positions },
    ...{ linears, withoutAdapter, norms, attention },
  };
  return {
    model,
    forward: (ids, capture = []) =>
      referencePass(forward, weights as ReferenceWeights, ids, { capture: new Set(capture) }),
  };
}

/** A product's buffers, with the norm folded in as the builder folds it. */
function gpuLinear(
  gpu: Gpu,
  { matrix, values }: TestMatrix,
  b: Float32Array,
  norm: { gamma: Float32Array; beta: Float32Array; epsilon: number } | undefined,
): Linear {
  const layout = biasAndNormLayout(matrix.format, norm !== undefined);
  const vectors = new Float32Array(layout.floats);
  vectors.set(b, layout.t4 * 4);
  if (norm) {
    const { s, t } = foldNorm(values, b, norm.gamma, norm.beta);
    vectors.set(t, layout.t4 * 4);
    vectors.set(s, layout.s4 * 4);
    vectors.set(norm.gamma, layout.gamma4 * 4);
  }
  return { matrix, biasAndNorm: gpu.buffers.from('biasAndNorm', vectors), normEpsilon: norm?.epsilon };
}

/** W [rows, columns] as Conv1D stores it, [columns, rows]. */
function transposed(W: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: W.length },
    (_, i) => W[(i % rows) * columns + Math.floor(i / rows)] as number,
  );
}
