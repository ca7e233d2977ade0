import { type Gpu, guarded } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import type { GPT2Config, ParameterTable } from '../../model/index.ts';
import type { TensorInfo, WeightSink } from '../../weights/index.ts';
import type { GpuModel } from './gpu-model.ts';
import { WeightUploader } from './upload.ts';
import { ModelBuilder, type ModelShape } from './weights.ts';

/**
 * Receives checkpoint bytes in pieces of any size and loads the weights onto the GPU.
 * The owner of `gpu` frees everything by destroying it, after success or failure.
 */
export class GpuWeightLoader implements WeightSink {
  private constructor(
    /** Its buffers are there from the start, so that kernels can be compiled and bound meanwhile. */
    private readonly builder: ModelBuilder,
    private readonly uploader: WeightUploader,
  ) {}

  /** @throws VitrineError `out-of-memory` or `adapter-limit` when the buffers do not fit the device. */
  static async create(
    gpu: Gpu,
    config: GPT2Config,
    table: ParameterTable,
    shape: Omit<ModelShape, 'tied'>,
  ): Promise<GpuWeightLoader> {
    const parameters = new Map(table.parameters.map((parameter) => [parameter.tensor.name, parameter]));
    const what = `the weights in ${shape.dtype}`;
    const builder = await guarded(
      gpu.device,
      what,
      () => new ModelBuilder(gpu, config, { ...shape, tied: table.tied }),
    );
    const uploader = new WeightUploader(gpu, (tensor) => {
      return builder.target(defined(parameters.get(tensor.name), tensor.name));
    });
    return new GpuWeightLoader(builder, uploader);
  }

  /** The model, complete after {@link GpuWeightLoader.finish}. */
  get model(): GpuModel {
    return this.builder.model;
  }

  write(tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    return this.uploader.write(tensor, offset, bytes);
  }

  /** Waits for the last byte and folds the layer norms. */
  async finish(): Promise<void> {
    await this.uploader.finish();
    await this.builder.finish();
  }
}
