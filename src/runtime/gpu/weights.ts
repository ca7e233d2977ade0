import { dispatch, type Gpu, queueDone, submit } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import { attentionScale, type GPT2Config } from '../../model/index.ts';
import {
  auxLayout,
  bandBytes,
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
import type { Block, GPT2, Linear } from './gpt2.ts';
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
}

/** int4 layers keep an int8 head and embedding: small models lose too much otherwise. */
export function embeddingDtype(dtype: WeightDtype): WeightDtype {
  return dtype === 'int4' ? 'int8' : dtype;
}

/**
 * Buffers of a whole model, empty, and where each checkpoint tensor goes.
 * After the last byte call {@link ModelBuilder.finish}, which folds the layer norms.
 */
export class ModelBuilder {
  private readonly targets = new Map<string, Target>();
  /** Per normed product: beta, needed until it is folded. */
  private readonly betas: { linear: Linear; beta: GPUBuffer }[] = [];
  readonly model: GPT2;

  constructor(
    private readonly gpu: Gpu,
    private readonly config: GPT2Config,
    private readonly shape: ModelShape,
  ) {
    const wte = this.matrix('wte', embeddingDtype(shape.dtype), config.vocabSize, config.nEmbd);
    this.targets.set('wte', { kind: 'matrix', matrix: wte, orientation: 'out-in' });
    this.model = {
      config,
      wte,
      wpe: this.positions(),
      h: Array.from({ length: config.nLayer }, (_, layer) => this.block(layer)),
      lm_head: this.head(wte),
    };
  }

  /** Where the tensor of this role goes; layer is undefined outside the blocks. */
  target(role: string, layer: number | undefined): Target | undefined {
    return this.targets.get(layer === undefined ? role : `h.${layer}.${role}`);
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

  private positions(): GPUBuffer {
    const { nPositions: rows, nEmbd: columns } = this.config;
    const stride = vectorStride(columns);
    const buffer = this.gpu.buffers.create('wpe', rows * stride * 4);
    this.targets.set('wpe', { kind: 'rows', buffer, stride, rows, columns });
    return buffer;
  }

  private block(layer: number): Block {
    const { nEmbd: C, nInner: I, nHead } = this.config;
    const name = (part: string) => `h.${layer}.${part}`;
    const { kv, context, sequences } = this.shape;
    const head = { heads: nHead, headSize: C / nHead, context, kv };
    const scale = packLayer({ scale: attentionScale(this.config, layer) });
    return {
      attn: {
        c_attn: this.linear(name('attn.c_attn'), 3 * C, C, name('ln_1')),
        c_proj: this.linear(name('attn.c_proj'), C, C),
      },
      mlp: {
        c_fc: this.linear(name('mlp.c_fc'), I, C, name('ln_2')),
        c_proj: this.linear(name('mlp.c_proj'), C, I),
      },
      scale: this.gpu.buffers.from(name('scale'), scale, 0x40 | 0x8),
      kv: this.gpu.buffers.create(name('kv'), sequences * kvBytes(head)),
    };
  }

  private linear(name: string, rows: number, columns: number, norm?: string): Linear {
    const matrix = this.matrix(name, this.shape.dtype, rows, columns);
    this.targets.set(`${name}.weight`, { kind: 'matrix', matrix, orientation: 'in-out' });
    const linear = this.withAux(name, matrix, norm);
    this.targets.set(`${name}.bias`, { kind: 'vector', buffer: linear.aux, offsetFloats: 0, length: rows });
    return linear;
  }

  private head(wte: Matrix): Linear {
    const { vocabSize: V, nEmbd: C } = this.config;
    if (this.shape.tied) return this.withAux('lm_head', wte, 'ln_f');
    const matrix = this.matrix('lm_head', embeddingDtype(this.shape.dtype), V, C);
    this.targets.set('lm_head', { kind: 'matrix', matrix, orientation: 'out-in' });
    return this.withAux('lm_head', matrix, 'ln_f');
  }

  private withAux(name: string, matrix: Matrix, norm?: string): Linear {
    const { buffers } = this.gpu;
    const layout = auxLayout(matrix.format, norm !== undefined);
    const aux = buffers.create(`${name}.aux`, layout.floats * 4);
    const linear: Linear = { matrix, aux, normed: norm !== undefined };
    if (norm === undefined) return linear;
    const length = matrix.format.columns;
    const beta = buffers.create(`${norm}.bias`, matrix.format.paddedColumns * 4);
    this.targets.set(`${norm}.weight`, {
      kind: 'vector',
      buffer: aux,
      offsetFloats: layout.gamma4 * 4,
      length,
    });
    this.targets.set(`${norm}.bias`, { kind: 'vector', buffer: beta, offsetFloats: 0, length });
    this.betas.push({ linear, beta });
    return linear;
  }

  /** t = W beta + b and s = W gamma, from the weights as they are stored, rounded or quantised. */
  async finish(): Promise<void> {
    const state = this.gpu.buffers.from('fold.state', new Uint32Array(stateBytes(1) / 4).fill(1, 0, 1));
    try {
      for (const { linear, beta } of this.betas) await this.fold(linear, beta, state);
      await queueDone(this.gpu.device);
    } finally {
      this.gpu.buffers.destroy(state);
      for (const { beta } of this.betas) this.gpu.buffers.destroy(beta);
      this.betas.length = 0;
    }
  }

  private async fold({ matrix, aux }: Linear, beta: GPUBuffer, state: GPUBuffer): Promise<void> {
    const { device, buffers, kernels } = this.gpu;
    const { format } = matrix;
    const layout = auxLayout(format, true);
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
    const copy = (from: GPUBuffer, at: number, to: GPUBuffer, toAt: number, bytes: number) => {
      const encoder = device.createCommandEncoder({ label: 'fold' });
      encoder.copyBufferToBuffer(from, at, to, toAt, bytes);
      device.queue.submit([encoder.finish()]);
    };
    const product = (input: GPUBuffer) => {
      const grid = matvecGrid(format, variant);
      submit(
        device,
        [dispatch(device, kernel, [input, ...matrixBuffers(matrix), bias, state, out], grid)],
        'fold',
      );
    };
    copy(aux, layout.t4 * 16, bias, 0, vectorBytes);
    product(beta);
    copy(out, 0, aux, layout.t4 * 16, vectorBytes);
    device.queue.writeBuffer(bias, 0, new Uint8Array(vectorBytes));
    copy(aux, layout.gamma4 * 16, gamma, 0, format.paddedColumns * 4);
    product(gamma);
    copy(out, 0, aux, layout.s4 * 16, vectorBytes);
    for (const buffer of [bias, gamma, out]) buffers.destroy(buffer);
  }
}

/** Frees every buffer of a model. */
export function destroyModel(gpu: Gpu, model: GPT2): void {
  const linears = model.h.flatMap((layer) => [
    layer.attn.c_attn,
    layer.attn.c_proj,
    layer.mlp.c_fc,
    layer.mlp.c_proj,
  ]);
  for (const { matrix, aux } of [...linears, model.lm_head]) {
    for (const buffer of [...matrixBuffers(matrix), aux]) gpu.buffers.destroy(buffer);
  }
  for (const layer of model.h) {
    gpu.buffers.destroy(layer.scale);
    gpu.buffers.destroy(layer.kv);
  }
  for (const buffer of [...matrixBuffers(model.wte), model.wpe]) gpu.buffers.destroy(buffer);
}

/** The tensor's place, or an internal error: every needed role has one. */
export function targetOf(builder: ModelBuilder, role: string, layer: number | undefined): Target {
  return defined(builder.target(role, layer), `target of ${role}`);
}
