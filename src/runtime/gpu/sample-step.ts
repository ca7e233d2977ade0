import { type Dispatch, type Gpu, type GpuInfo, type KernelSource, usage } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import { isPlainGreedy, modifiesFirst, type ResolvedSampling, usesStatistics } from '../../sampling/index.ts';
import {
  briefSampleKernel,
  isBrief,
  packSampling,
  packTables,
  type SampleShape,
  sampleKernel,
  samplingBytes,
  vectorStride,
} from '../../shaders/index.ts';
import type { DecodeBuffers } from './decode-buffers.ts';
import { compilePlan, forRows } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import type { PlainBuffers, SampleExtras, SampleRun } from './sample-extras.ts';

/** True when the plain kernel does not know all of these options. */
const needsExtras = (sampling: ResolvedSampling) => modifiesFirst(sampling) || usesStatistics(sampling);

/**
 * Lanes of the one workgroup that chooses a token. It has a whole GPU, but one core of a software adapter, which pays for
 * each barrier by the lanes that wait at it.
 */
export function choiceLanes(info: Pick<GpuInfo, 'software'>): number {
  return info.software ? 8 : 256;
}

/** The dispatch between head and pick that chooses tokens, and the buffers it needs: a few words per token of V. */
export class SampleStep {
  private extras: SampleExtras | undefined;
  /** Every option of the plain samplers; compiled when a run needs it. */
  private whole: readonly Dispatch[] = [];

  private constructor(
    private readonly gpu: Gpu,
    private readonly shape: SampleShape,
    private readonly buffers: ReturnType<typeof createBuffers>,
    private readonly plain: PlainBuffers,
    private readonly brief: readonly Dispatch[],
  ) {}

  static async create(
    gpu: Gpu,
    { config, pass }: GpuModel,
    { columns, state, ring, activations }: DecodeBuffers,
    context: number,
  ): Promise<SampleStep> {
    const shape: SampleShape = {
      vocab: config.vocabSize,
      columns,
      logitsStride: vectorStride(config.vocabSize),
      context,
      lanes: choiceLanes(gpu.info),
    };
    const own = createBuffers(gpu, shape);
    const { work, tokenCounts, bias, lists, sampling } = own;
    const others = [work, tokenCounts, bias, lists, state, sampling];
    const logits = activations.of(pass.logits);
    const plain = { logits, state, ring, others };
    return new SampleStep(
      gpu,
      shape,
      own,
      plain,
      await compiled(gpu, briefSampleKernel(shape), plain, columns),
    );
  }

  /** Fetches and compiles what these options need beside the brief kernel. */
  async prepare(sampling: ResolvedSampling): Promise<void> {
    const { gpu, shape, plain } = this;
    if (isPlainGreedy(sampling)) return;
    if (!needsExtras(sampling)) {
      if (isBrief(sampling) || this.whole.length > 0) return;
      this.whole = await compiled(gpu, sampleKernel(shape), plain, shape.columns);
      return;
    }
    const { SampleExtras } = await import('./sample-extras.ts');
    this.extras ??= new SampleExtras(this.gpu, this.shape, this.plain);
    await this.extras.prepare(sampling);
  }

  /**
   * Writes a run's options and contexts. `prepare` must have come before.
   * @returns the dispatches that choose; none when pick alone makes the choice: the likeliest token under unmodified logits
   */
  begin(run: SampleRun): readonly Dispatch[] {
    const { sampling, contexts } = run;
    const { vocab } = this.shape;
    if (isPlainGreedy(sampling)) return [];
    const { queue } = this.gpu.device;
    const tables = packTables(sampling, contexts, this.shape);
    queue.writeBuffer(this.buffers.sampling, 0, packSampling(sampling, vocab));
    if (tables.tokenCounts.length) queue.writeBuffer(this.buffers.tokenCounts, 0, tables.tokenCounts);
    if (tables.bias.length) queue.writeBuffer(this.buffers.bias, 0, tables.bias);
    if (tables.context.length) queue.writeBuffer(this.buffers.lists, 0, tables.context);
    if (!needsExtras(sampling)) return isBrief(sampling) ? this.brief : this.whole;
    return defined(this.extras, 'what these sampling options need').begin(run);
  }

  destroy(): void {
    this.extras?.destroy();
    for (const buffer of Object.values(this.buffers)) this.gpu.buffers.destroy(buffer);
  }
}

async function compiled(
  gpu: Gpu,
  source: KernelSource,
  { logits, others }: PlainBuffers,
  columns: number,
): Promise<readonly Dispatch[]> {
  const planned = { source, buffers: [logits, ...others], grid: (count: number) => [count, 1, 1] as const };
  return forRows(await compilePlan(gpu, [planned]), columns);
}

function createBuffers(gpu: Gpu, { vocab, columns, context }: SampleShape) {
  const create = (label: string, words: number) =>
    gpu.buffers.create(`decode${columns}.sample.${label}`, words * 4);
  return {
    work: create('work', columns * vocab),
    tokenCounts: create('tokenCounts', columns * vocab),
    bias: create('bias', vocab),
    lists: create('lists', columns * context),
    sampling: gpu.buffers.create(`decode${columns}.sampling`, samplingBytes, usage.uniform),
  };
}
