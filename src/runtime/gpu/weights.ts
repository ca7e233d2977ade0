import { dispatch, type Gpu, queueDone, submit, usage } from '../../gpu/index.ts';
import { assert, defined } from '../../lib/index.ts';
import { type GPT2Config, gpt2, type Parameter, recordGraph } from '../../model/index.ts';
import {
  bandBytes,
  biasAndNormLayout,
  type KvDtype,
  kvBytes,
  type Matrix,
  matrixBuffers,
  matrixFormat,
  matvecGrid,
  matvecKernel,
  packLayer,
  scaleBytes,
  stateBytes,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { type AttentionLayer, type GpuModel, type Linear, linearSteps } from './gpu-model.ts';
import { lower } from './lowering.ts';
import type { LinearStep, StepOf } from './steps.ts';
import type { Target } from './upload.ts';

export interface ModelShape {
  dtype: WeightDtype;
  kv: KvDtype;
  /** Positions the KV cache holds. */
  context: number;
  /** Sequences the KV cache holds. */
  sequences: number;
  /** True when lm_head is wte. */
  tied: boolean;
  /** Matrices, such as `h.0.attn.c_attn.weight`, that are also kept as they are without an adapter. */
  adapted?: ReadonlySet<string>;
}

/** int4 layers keep an int8 head and embedding: small models lose too much otherwise. */
export function embeddingDtype(dtype: WeightDtype): WeightDtype {
  return dtype === 'int4' ? 'int8' : dtype;
}

/** Destination of a tensor, in the checkpoint's orientation. */
type Destination =
  | { kind: 'matrix'; matrix: Matrix }
  | { kind: 'vector'; buffer: GPUBuffer; offsetFloats: number; length: number }
  | { kind: 'rows'; buffer: GPUBuffer; stride: number; rows: number; columns: number };

/**
 * Buffers for every step of a lowered pass, empty, and where each checkpoint tensor goes.
 * After the last byte call {@link ModelBuilder.finish}, which folds the layer norms.
 */
export class ModelBuilder {
  private readonly destinations = new Map<string, Destination>();
  /** Per normed product: beta, needed until it is folded. */
  private readonly betas: { linear: Linear; beta: GPUBuffer; name: string }[] = [];
  /** Products as they are without the adapter. */
  private readonly withoutAdapter = new Map<string, Linear>();
  readonly model: GpuModel;

  constructor(
    private readonly gpu: Gpu,
    private readonly config: GPT2Config,
    private readonly shape: ModelShape,
  ) {
    const forward = gpt2(config);
    const pass = lower(recordGraph(forward));
    const [embed] = pass.embed;
    assert(embed?.kind === 'embed' && embed.table && embed.positions, 'a pass begins with its embeddings');
    const { table, positions, width } = embed;
    const embedding = this.matrix(table, embeddingDtype(shape.dtype), config.vocabSize, width);
    this.destinations.set(table, { kind: 'matrix', matrix: embedding });
    const linears = new Map<string, Linear>();
    const norms = new Map<string, GPUBuffer>();
    const attention: AttentionLayer[] = [];
    for (const step of [...pass.body, ...pass.head]) {
      if (step.kind === 'linear') linears.set(step.name, this.linear(step, embedding));
      else if (step.kind === 'attention') attention.push(this.attention(step));
      else if (step.kind === 'norm') norms.set(step.name, this.norm(step));
    }
    for (const { norm, inputs } of linearSteps({ body: [], head: pass.head }))
      if (norm) norms.set(norm.name, gpu.buffers.create(norm.name, 2 * vectorStride(inputs) * 4));
    this.model = {
      config,
      forward,
      pass,
      embedding,
      positions: this.rows(positions, width),
      linears,
      withoutAdapter: this.withoutAdapter,
      norms,
      attention,
    };
  }

  /** Destination of a parameter's tensor. Every parameter of the pass has one. */
  target({ role, layer, orientation }: Pick<Parameter, 'role' | 'layer' | 'orientation'>): Target {
    const name = layer === undefined ? role : `h.${layer}.${role}`;
    const destination = defined(this.destinations.get(name), `destination of ${name}`);
    if (destination.kind !== 'matrix') return destination;
    return { ...destination, orientation: orientation === 'in-out' ? 'in-out' : 'out-in' };
  }

  /** Where the same matrix without the adapter goes. */
  targetWithoutAdapter(parameter: Pick<Parameter, 'role' | 'layer' | 'orientation'>): Target {
    const name = `h.${parameter.layer}.${parameter.role}`.replace(/\.weight$/, '');
    const { matrix } = defined(this.withoutAdapter.get(name), `base of ${name}`);
    return { kind: 'matrix', matrix, orientation: parameter.orientation === 'in-out' ? 'in-out' : 'out-in' };
  }

  private matrix(label: string, dtype: WeightDtype, rows: number, columns: number): Matrix {
    const { buffers, device } = this.gpu;
    const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
    const format = matrixFormat(dtype, rows, columns, limit);
    const bands = Array.from({ length: format.bands }, (_, band) =>
      buffers.create(`${label}[${band}]`, bandBytes(format, band)),
    );
    const bytes = scaleBytes(format);
    return { format, bands, scales: bytes ? buffers.create(`${label}.scales`, bytes) : undefined };
  }

  private rows(name: string, columns: number): GPUBuffer {
    const rows = this.config.nPositions;
    const stride = vectorStride(columns);
    const buffer = this.gpu.buffers.create(name, rows * stride * 4);
    this.destinations.set(name, { kind: 'rows', buffer, stride, rows, columns });
    return buffer;
  }

  private attention({ spec, headSize }: StepOf<'attention'>): AttentionLayer {
    const { kv, context, sequences } = this.shape;
    const name = (part: string) => `h.${spec.layer}.${part}`;
    const bytes = kvBytes({ heads: spec.heads, headSize, context, kv });
    return {
      scale: this.gpu.buffers.from(name('scale'), packLayer({ scale: spec.scale }), usage.uniform),
      kv: this.gpu.buffers.create(name('kv'), sequences * bytes),
    };
  }

  /** Gamma, then beta. */
  private norm({ name, width }: StepOf<'norm'>): GPUBuffer {
    const stride = vectorStride(width);
    const buffer = this.gpu.buffers.create(name, 2 * stride * 4);
    for (const [index, part] of ['weight', 'bias'].entries())
      this.vector(`${name}.${part}`, buffer, index * stride, width);
    return buffer;
  }

  /** The head has no matrix of its own when it is tied to the embedding. */
  private linear(step: LinearStep, embedding: Matrix): Linear {
    const { name, inputs, outputs, bias } = step;
    if (bias) {
      const matrix = this.matrix(name, this.shape.dtype, outputs, inputs);
      this.destinations.set(`${name}.weight`, { kind: 'matrix', matrix });
      const linear = this.withVectors(step, matrix);
      if (this.shape.adapted?.has(`${name}.weight`)) this.keepBase(name, linear);
      return linear;
    }
    if (this.shape.tied) return this.withVectors(step, embedding);
    const matrix = this.matrix(name, embeddingDtype(this.shape.dtype), outputs, inputs);
    this.destinations.set(name, { kind: 'matrix', matrix });
    return this.withVectors(step, matrix);
  }

  /** Buffers of the product without the adapter. Its vectors are copied before norms are folded into them. */
  private keepBase(name: string, linear: Linear): void {
    const { matrix, biasAndNorm, normEpsilon } = linear;
    const { rows, columns } = matrix.format;
    const base: Linear = {
      matrix: this.matrix(`${name}.base`, this.shape.dtype, rows, columns),
      biasAndNorm: this.gpu.buffers.create(`${name}.base.biasAndNorm`, biasAndNorm.size),
      normEpsilon,
    };
    this.withoutAdapter.set(name, base);
    const folded = this.betas.find((one) => one.linear === linear);
    if (folded) this.betas.push({ ...folded, linear: base });
  }

  private copyVectors(): void {
    const encoder = this.gpu.device.createCommandEncoder({ label: 'without adapter' });
    for (const [name, base] of this.withoutAdapter) {
      const { biasAndNorm } = defined(this.model.linears.get(name), name);
      encoder.copyBufferToBuffer(biasAndNorm, 0, base.biasAndNorm, 0, biasAndNorm.size);
    }
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  private withVectors({ name, norm, bias }: LinearStep, matrix: Matrix): Linear {
    const { buffers } = this.gpu;
    const { rows, columns, paddedColumns } = matrix.format;
    const layout = biasAndNormLayout(matrix.format, norm !== undefined);
    const biasAndNorm = buffers.create(`${name}.biasAndNorm`, layout.floats * 4);
    const linear: Linear = { matrix, biasAndNorm, normEpsilon: norm?.epsilon };
    if (bias) this.vector(`${name}.bias`, biasAndNorm, 0, rows);
    if (!norm) return linear;
    const beta = buffers.create(`${norm.name}.bias`, paddedColumns * 4);
    this.vector(`${norm.name}.weight`, biasAndNorm, layout.gamma4 * 4, columns);
    this.vector(`${norm.name}.bias`, beta, 0, columns);
    this.betas.push({ linear, beta, name: norm.name });
    return linear;
  }

  private vector(name: string, buffer: GPUBuffer, offsetFloats: number, length: number): void {
    this.destinations.set(name, { kind: 'vector', buffer, offsetFloats, length });
  }

  /** t = W beta + b and s = W gamma, from the weights as they are stored, rounded or quantised. */
  async finish(): Promise<void> {
    this.copyVectors();
    const state = this.gpu.buffers.from('fold.state', new Uint32Array(stateBytes(1) / 4).fill(1, 0, 1));
    try {
      for (const { linear, beta, name } of this.betas) {
        this.keepNorm(name, linear, beta);
        await this.fold(linear, beta, state);
      }
      await queueDone(this.gpu.device);
    } finally {
      this.gpu.buffers.destroy(state);
      for (const { beta } of this.betas) this.gpu.buffers.destroy(beta);
      this.betas.length = 0;
    }
  }

  /** Gamma and beta of a norm that is a step of its own where its output is watched. */
  private keepNorm(name: string, { matrix, biasAndNorm }: Linear, beta: GPUBuffer): void {
    const norm = this.model.norms.get(name);
    if (!norm) return;
    const { paddedColumns } = matrix.format;
    const bytes = paddedColumns * 4;
    const encoder = this.gpu.device.createCommandEncoder({ label: name });
    encoder.copyBufferToBuffer(
      biasAndNorm,
      biasAndNormLayout(matrix.format, true).gamma4 * 16,
      norm,
      0,
      bytes,
    );
    encoder.copyBufferToBuffer(beta, 0, norm, bytes, bytes);
    this.gpu.device.queue.submit([encoder.finish()]);
  }

  private async fold({ matrix, biasAndNorm }: Linear, beta: GPUBuffer, state: GPUBuffer): Promise<void> {
    const { device, buffers, kernels } = this.gpu;
    const { format } = matrix;
    const layout = biasAndNormLayout(format, true);
    const variant = { lanes: 1, rows: 1, workgroup: 64, reduction: 'none' } as const;
    const epilogue = { kind: 'store', stride: vectorStride(format.rows) } as const;
    const shape = {
      name: 'fold',
      matrix: format,
      columns: 1,
      inputStride: format.paddedColumns,
      normEpsilon: undefined,
      epilogue,
    };
    const kernel = await kernels.compile(matvecKernel(shape, variant));
    const vectorBytes = layout.s4 * 16;
    const bias = buffers.create('fold.bias', vectorBytes);
    const gamma = buffers.create('fold.gamma', format.paddedColumns * 4);
    const out = buffers.create('fold.out', vectorBytes);
    const copy = (...copied: CopyArguments) => copyBuffer(device, ...copied);
    const product = (input: GPUBuffer) => {
      const bound = [input, ...matrixBuffers(matrix), bias, state, out];
      submit(device, [dispatch(device, kernel, bound, matvecGrid(format, variant))], 'fold');
    };
    copy(biasAndNorm, layout.t4 * 16, bias, 0, vectorBytes);
    product(beta);
    copy(out, 0, biasAndNorm, layout.t4 * 16, vectorBytes);
    device.queue.writeBuffer(bias, 0, new Uint8Array(vectorBytes));
    copy(biasAndNorm, layout.gamma4 * 16, gamma, 0, format.paddedColumns * 4);
    product(gamma);
    copy(out, 0, biasAndNorm, layout.s4 * 16, vectorBytes);
    for (const buffer of [bias, gamma, out]) buffers.destroy(buffer);
  }
}

type CopyArguments = [from: GPUBuffer, at: number, to: GPUBuffer, toAt: number, bytes: number];

function copyBuffer(device: GPUDevice, ...copied: CopyArguments): void {
  const encoder = device.createCommandEncoder({ label: 'fold' });
  encoder.copyBufferToBuffer(...copied);
  device.queue.submit([encoder.finish()]);
}

/** Frees every buffer of a model. */
export function destroyModel(gpu: Gpu, model: GpuModel): void {
  const linears = [...model.linears.values(), ...model.withoutAdapter.values()];
  const buffers = [
    ...linears.flatMap(({ matrix, biasAndNorm }) => [...matrixBuffers(matrix), biasAndNorm]),
    ...model.attention.flatMap(({ scale, kv }) => [scale, kv]),
    ...model.norms.values(),
    ...matrixBuffers(model.embedding),
    model.positions,
  ];
  for (const buffer of buffers) gpu.buffers.destroy(buffer);
}
