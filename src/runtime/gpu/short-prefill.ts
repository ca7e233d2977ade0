import { type Dispatch, type Gpu, submit, usage } from '../../gpu/index.ts';
import {
  embedRowsGrid,
  embedRowsKernel,
  matrixBuffers,
  packChunk,
  packState,
  vectorStride,
} from '../../shaders/index.ts';
import type { DecodeProgram } from './decode-program.ts';
import { compilePlan, forRows } from './dispatch-plan.ts';
import type { GPT2 } from './gpt2.ts';
import type { GpuRuntimeOptions } from './options.ts';

/**
 * Prefill of a single token, by the kernels of the token loop: they are made for one row, and a text that goes on
 * from a changed word, or a prompt of one token, needs no more.
 */
export class OneRow {
  private constructor(
    private readonly gpu: Gpu,
    private readonly program: DecodeProgram,
    private readonly embed: readonly Dispatch[],
    private readonly ids: GPUBuffer,
    private readonly params: GPUBuffer,
  ) {}

  static async create(
    gpu: Gpu,
    model: GPT2,
    program: DecodeProgram,
    options: GpuRuntimeOptions,
  ): Promise<OneRow> {
    const shape = {
      embedding: model.wte.format,
      stride: vectorStride(model.config.nEmbd),
      context: options.context,
    };
    const ids = gpu.buffers.create('row.ids', 16);
    const params = gpu.buffers.create('row.params', 16, usage.uniform);
    const { x } = program.workspace.activations;
    const embed = await compilePlan(gpu, [
      {
        source: embedRowsKernel(shape),
        buffers: [ids, ...matrixBuffers(model.wte), model.wpe, x, params],
        grid: (rows) => embedRowsGrid(shape, rows),
      },
    ]);
    return new OneRow(gpu, program, forRows(embed, 1), ids, params);
  }

  /** Computes one token and copies its residual stream to `end`. */
  run(sequence: number, position: number, id: number, end: { buffer: GPUBuffer; offset: number }): void {
    const { device } = this.gpu;
    const { state, activations } = this.program.workspace;
    device.queue.writeBuffer(this.ids, 0, new Uint32Array([id]));
    device.queue.writeBuffer(this.params, 0, packChunk({ count: 1, base: position, sequence }));
    device.queue.writeBuffer(state, 0, packState([{ sequence, token: id, length: position + 1, draw: 0 }]));
    submit(device, [...this.embed, ...this.program.layers(position + 1)], 'row');
    const encoder = device.createCommandEncoder({ label: 'row end' });
    encoder.copyBufferToBuffer(activations.x, 0, end.buffer, end.offset, activations.x.size);
    device.queue.submit([encoder.finish()]);
  }

  destroy(): void {
    this.gpu.buffers.destroy(this.ids);
    this.gpu.buffers.destroy(this.params);
  }
}
