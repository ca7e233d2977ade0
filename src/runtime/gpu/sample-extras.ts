import { type Dispatch, dispatch, type Gpu, type Kernel, usage } from '../../gpu/index.ts';
import { defined } from '../../lib/index.ts';
import {
  firstMu,
  modifiesFirst,
  type ResolvedSampling,
  type TokenAutomaton,
  usesStatistics,
} from '../../sampling/index.ts';
import {
  constrainBytes,
  constrainGrid,
  constrainKernel,
  dryBytes,
  dryKernel,
  packBreakers,
  packConstrain,
  packDry,
  packHistory,
  packStatistics,
  statisticsBytes,
  statisticsKernel,
} from '../../shaders/extras/index.ts';
import { type SampleShape, sampleKernel } from '../../shaders/index.ts';
import type { DecodeRequest } from '../runtime.ts';
import { ringRecords } from './decode-buffers.ts';

/** How a run chooses its tokens. */
export type SampleRun = Pick<DecodeRequest, 'sampling' | 'contexts' | 'alternatives'>;

/** Buffers that the plain sampling kernel has. */
export interface PlainBuffers {
  logits: GPUBuffer;
  state: GPUBuffer;
  ring: GPUBuffer;
  /** Of the plain kernel, after the logits and in the order of its bindings. */
  others: readonly GPUBuffer[];
}

/**
 * What the token loop dispatches beside or in place of the plain sampling kernel: the constraint's mask and DRY before
 * it, and its variant with statistics. Created, compiled and given memory when a run asks for one of them.
 */
export class SampleExtras {
  private readonly owned = new Map<string, GPUBuffer>();
  private readonly kernels = new Map<string, Kernel>();
  private automaton: TokenAutomaton | undefined;

  constructor(
    private readonly gpu: Gpu,
    private readonly shape: SampleShape,
    private readonly plain: PlainBuffers,
  ) {}

  /** Compiles what these options need. */
  async prepare(sampling: ResolvedSampling): Promise<void> {
    const { shape } = this;
    const wanted = [
      usesStatistics(sampling) ? statisticsKernel(shape) : sampleKernel(shape),
      ...(modifiesFirst(sampling) ? [constrainKernel(shape)] : []),
      ...(sampling.dryMultiplier > 0 ? [dryKernel(shape)] : []),
    ];
    const compiled = await Promise.all(wanted.map((source) => this.gpu.kernels.compile(source)));
    for (const kernel of compiled) this.kernels.set(kernel.name, kernel);
  }

  /** Writes a run's options and contexts. */
  begin(run: SampleRun): Dispatch[] {
    const first = modifiesFirst(run.sampling) ? [this.constrain(run)] : [];
    if (run.sampling.dryMultiplier > 0) first.push(this.dry(run));
    const logits = first.length > 0 ? this.processed : this.plain.logits;
    return [...first, this.sample(run, logits)];
  }

  /** Logits after the mask and DRY, laid out like those of the model. */
  private get processed(): GPUBuffer {
    const { columns, logitsStride } = this.shape;
    return this.buffer('processed', columns * logitsStride * 4);
  }

  private constrain({ sampling, contexts }: SampleRun): Dispatch {
    const { automaton } = sampling;
    const { queue } = this.gpu.device;
    const { columns, vocab } = this.shape;
    const states = this.buffer('automatonStates', columns * 8);
    const params = this.buffer('constrain', constrainBytes, usage.uniform);
    const tables = this.tablesOf(automaton);
    queue.writeBuffer(
      states,
      0,
      Uint32Array.from(contexts, ({ automatonState = 0 }) => automatonState),
    );
    queue.writeBuffer(params, 0, packConstrain(automaton));
    const buffers = [this.plain.logits, this.processed, this.plain.state, ...tables, states, params];
    return this.dispatch(constrainKernel(this.shape).name, buffers, constrainGrid({ vocab }, columns));
  }

  /** Table, bytes and spans, uploaded when the automaton is another than the last one. */
  private tablesOf(automaton: TokenAutomaton | undefined): GPUBuffer[] {
    const { table, bytes, spans } = automaton ?? {};
    const parts = Object.entries({ table, bytes, spans });
    return parts.map(([name, data]) => {
      const buffer = this.buffer(name, Math.max(4, data?.byteLength ?? 0));
      if (data && automaton !== this.automaton) this.gpu.device.queue.writeBuffer(buffer, 0, data);
      if (name === 'spans') this.automaton = automaton;
      return buffer;
    });
  }

  private dry({ sampling, contexts }: SampleRun): Dispatch {
    const { queue } = this.gpu.device;
    const { columns, vocab, context } = this.shape;
    const history = this.buffer('history', columns * (context + 1) * 4);
    const longest = this.buffer('longest', columns * vocab * 4);
    const breakers = this.buffer('breakers', Math.ceil(vocab / 32) * 4);
    const params = this.buffer('dry', dryBytes, usage.uniform);
    queue.writeBuffer(history, 0, packHistory(contexts, this.shape));
    queue.writeBuffer(breakers, 0, packBreakers(sampling, this.shape));
    queue.writeBuffer(params, 0, packDry(sampling));
    const buffers = [this.processed, this.plain.state, history, longest, breakers, params];
    return this.dispatch(dryKernel(this.shape).name, buffers, [columns, 1, 1]);
  }

  private sample({ sampling, contexts, alternatives }: SampleRun, logits: GPUBuffer): Dispatch {
    const { queue } = this.gpu.device;
    const { columns } = this.shape;
    const buffers = [logits, ...this.plain.others];
    if (!usesStatistics(sampling))
      return this.dispatch(sampleKernel(this.shape).name, buffers, [columns, 1, 1]);
    const statistics = this.buffer('statistics', statisticsBytes, usage.uniform);
    const mu = this.buffer('mu', columns * 4);
    const start = firstMu(sampling) ?? 0;
    queue.writeBuffer(statistics, 0, packStatistics(sampling, { ringRecords, alternatives }));
    queue.writeBuffer(
      mu,
      0,
      Float32Array.from(contexts, ({ mirostatMu = start }) => mirostatMu),
    );
    const all = [...buffers, statistics, this.plain.ring, mu];
    return this.dispatch(statisticsKernel(this.shape).name, all, [columns, 1, 1]);
  }

  private dispatch(name: string, buffers: readonly GPUBuffer[], grid: readonly [number, number, number]) {
    return dispatch(this.gpu.device, defined(this.kernels.get(name), name), buffers, grid);
  }

  /** A buffer of at least this size; what a smaller one held is lost. */
  private buffer(name: string, bytes: number, flags?: number): GPUBuffer {
    const known = this.owned.get(name);
    if (known && known.size >= bytes) return known;
    if (known) this.gpu.buffers.destroy(known);
    if (name === 'table' || name === 'bytes' || name === 'spans') this.automaton = undefined;
    const made = this.gpu.buffers.create(`decode${this.shape.columns}.sample.${name}`, bytes, flags);
    this.owned.set(name, made);
    return made;
  }

  destroy(): void {
    for (const buffer of this.owned.values()) this.gpu.buffers.destroy(buffer);
  }
}
