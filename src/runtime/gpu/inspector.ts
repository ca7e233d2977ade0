import { readBuffer } from '../../gpu/index.ts';
import type { InsideViews, RowScores } from '../runtime.ts';
import { AttentionViews, lensViews } from './attention-views.ts';
import { forRows } from './dispatch-plan.ts';
import { PrefillHead, readSummary } from './prefill-head.ts';
import type { PrefillProgram } from './prefill-program.ts';
import { logitRows } from './prefill-tuning.ts';

/** Passes over given tokens that tell what the model thinks of each: scores, attention, the layers' own guesses. */
export class Inspector {
  private constructor(
    private readonly program: PrefillProgram,
    private readonly head: PrefillHead,
  ) {}

  static async create(program: PrefillProgram): Promise<Inspector> {
    const { gpu, model, attention, matmul } = program;
    const rows = Math.min(program.rows, logitRows(gpu.info, model.config));
    return new Inspector(program, await PrefillHead.create(gpu, model, rows, attention, matmul));
  }

  /** Computes `ids` at position, position + 1, … and says how likely each row thinks targets[i] is; -1 is NaN. */
  async score(
    sequence: number,
    position: number,
    ids: readonly number[],
    targets: readonly number[],
  ): Promise<RowScores> {
    const { head, program } = this;
    const { gpu, buffers } = program;
    const summaries = await head.prepare(targets.slice(0, ids.length), 1);
    try {
      await program.walk(sequence, position, ids, ({ first, ids: part }) =>
        head.run(summaries, buffers.activations.x, part.length, first),
      );
      const bytes = await readBuffer(gpu.device, gpu.buffers, summaries.records);
      const rows = ids.map((_, row) => readSummary(bytes, row, 1));
      return {
        logprobs: Float32Array.from(rows, (row, i) => (targets[i] === -1 ? Number.NaN : row.targetLogprob)),
        argmax: Uint32Array.from(rows, (row) => row.likeliest[0]?.id ?? 0),
      };
    } finally {
      head.forget(summaries);
    }
  }

  /** Views of one pass over ids from the start of sequence 0, which is left there. */
  async inspect(
    ids: readonly number[],
    what: { attention: boolean; logitLensTop: number },
  ): Promise<InsideViews> {
    const { head, program } = this;
    const { gpu, model, buffers, layers, attention } = program;
    const top = what.logitLensTop;
    const stages = model.h.length + 1;
    const views = what.attention
      ? await AttentionViews.create(gpu, model, attention, buffers, program.rows, ids.length)
      : undefined;
    const targets = new Array<number>(stages * ids.length).fill(0);
    const records = top > 0 ? await head.prepare(targets, top) : undefined;
    try {
      for (const part of program.parts(ids)) {
        program.begin(0, part.first, part.ids, ids.length);
        const lens = (stage: number) => {
          const row = stage * ids.length + part.first;
          if (records) head.run(records, buffers.activations.x, part.ids.length, row);
        };
        lens(0);
        for (const [index, layer] of layers.entries()) {
          program.submit(forRows(layer, part.ids.length));
          await views?.take(index, part.first, part.ids.length);
          lens(index + 1);
        }
      }
      return {
        ...(views && { attention: views.result }),
        ...(records && { logitLens: await lensViews(gpu, records, stages, ids.length) }),
      };
    } finally {
      views?.destroy();
      if (records) head.forget(records);
    }
  }

  destroy(): void {
    this.head.destroy();
  }
}
