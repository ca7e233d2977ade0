import type { Dispatch, Gpu } from '../../gpu/index.ts';
import type { BatchedStep } from './batched-step.ts';
import { DecodeProgram } from './decode-program.ts';
import type { GpuModel } from './gpu-model.ts';
import type { Inspector } from './inspector.ts';
import { LayerProgram } from './layer-program.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { PrefillProgram } from './prefill-program.ts';

/** The blocks for a number of columns, and the embedding step for tokens given by the host. */
export interface HostedBlocks {
  blocks: LayerProgram;
  embed: readonly Dispatch[];
}

interface Program {
  destroy(): void;
}

/** The programs of a model, compiled on first use. A failure rejects that call; the next one tries again. */
export class Programs {
  private readonly made = new Map<string, Promise<Program>>();
  private readonly ready = new Set<string>();

  constructor(
    private readonly gpu: Gpu,
    private readonly model: GpuModel,
    private readonly options: GpuRuntimeOptions,
  ) {}

  private once<T extends Program>(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.made.get(key) as Promise<T> | undefined;
    if (known) return known;
    const program = make();
    this.made.set(key, program);
    program.then(
      () => this.ready.add(key),
      () => this.made.delete(key),
    );
    return program;
  }

  private blocks(columns: number, shared: boolean): Promise<LayerProgram> {
    return this.once(`blocks ${columns} ${shared}`, () =>
      LayerProgram.create(this.gpu, this.model, columns, this.options, shared),
    );
  }

  /** @param shared whether columns may share a sequence */
  hosted(columns: number, shared: boolean): Promise<HostedBlocks> {
    return this.once(`hosted ${columns} ${shared}`, async () => {
      const blocks = await this.blocks(columns, shared);
      const embed = await blocks.compileEmbed();
      // The blocks are destroyed as a separate program.
      return { blocks, embed, destroy: () => {} };
    });
  }

  /** True once {@link hosted} has been compiled. */
  isHosted(columns: number, shared: boolean): boolean {
    return this.ready.has(`hosted ${columns} ${shared}`);
  }

  /** A token step for sequences side by side. */
  decode(columns: number): Promise<DecodeProgram> {
    return this.once(`decode ${columns}`, async () =>
      DecodeProgram.create(this.gpu, this.model, await this.blocks(columns, false), this.options),
    );
  }

  /** A step for given tokens, several of which may share a sequence. */
  batched(columns: number): Promise<BatchedStep> {
    return this.once(`batched ${columns}`, async () => {
      const [{ BatchedStep }, { blocks, embed }] = await Promise.all([
        import('./batched-step.ts'),
        this.hosted(columns, true),
      ]);
      const program = await DecodeProgram.create(this.gpu, this.model, blocks, this.options);
      return new BatchedStep(columns, program, embed);
    });
  }

  prefill(): Promise<PrefillProgram> {
    return this.once('prefill', () => PrefillProgram.create(this.gpu, this.model, this.options));
  }

  /** Scores and inspection views. */
  inspector(): Promise<Inspector> {
    return this.once('inspector', async () => {
      const [program, { Inspector }] = await Promise.all([this.prefill(), import('./inspector.ts')]);
      return Inspector.create(program, this.options);
    });
  }

  /** Drops the programs, whose bind groups refer to the cache, when the cache is reallocated. */
  async drop(): Promise<void> {
    const programs = [...this.made.values()];
    this.made.clear();
    this.ready.clear();
    for (const program of await Promise.allSettled(programs))
      if (program.status === 'fulfilled') program.value.destroy();
  }
}
