import { type Gpu, guarded } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import type { GPT2Config, Parameter, ParameterTable } from '../../model/index.ts';
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
    /** By the name of the tensor. */
    private readonly parameters: ReadonlyMap<string, Parameter>,
    /** Its buffers are there from the start, so that kernels can be compiled and bound meanwhile. */
    private readonly builder: ModelBuilder,
    private readonly uploader: WeightUploader,
    /** Of matrices as they are without an adapter, whose bytes come in turns with those of the merged ones. */
    private readonly baseUploader: WeightUploader | undefined,
  ) {}

  /** @throws VitrineError `out-of-memory` or `adapter-limit` when the buffers do not fit the device. */
  static async create(
    gpu: Gpu,
    config: GPT2Config,
    table: ParameterTable,
    shape: Omit<ModelShape, 'tied' | 'adapted'>,
  ): Promise<GpuWeightLoader> {
    const parameters = new Map(table.parameters.map((parameter) => [parameter.tensor.name, parameter]));
    const changed = table.parameters.filter(({ tensor }) => tensor.withoutAdapter);
    const adapted = new Set(changed.map(({ role, layer }) => `h.${layer}.${role}`));
    const what = `the weights in ${shape.dtype}`;
    const builder = await guarded(
      gpu.device,
      what,
      () => new ModelBuilder(gpu, config, { ...shape, tied: table.tied, adapted }),
    );
    const uploader = new WeightUploader(gpu, (tensor) => {
      return builder.target(defined(parameters.get(tensor.name), tensor.name));
    });
    const bases = new Map(changed.map((parameter) => [parameter.tensor.withoutAdapter, parameter]));
    const targetOfBase = (tensor: TensorInfo) =>
      builder.targetWithoutAdapter(defined(bases.get(tensor), tensor.name));
    const baseUploader = bases.size > 0 ? new WeightUploader(gpu, targetOfBase) : undefined;
    return new GpuWeightLoader(parameters, builder, uploader, baseUploader);
  }

  /** The model, complete after {@link GpuWeightLoader.finish}. */
  get model(): GpuModel {
    return this.builder.model;
  }

  write(tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const uploader = this.parameters.has(tensor.name) ? this.uploader : this.baseUploader;
    return defined(uploader, tensor.name).write(tensor, offset, bytes);
  }

  /** Waits for the last byte and folds the layer norms. */
  async finish(): Promise<void> {
    await this.uploader.finish();
    await this.baseUploader?.finish();
    await this.builder.finish();
  }
}
