import { readBuffer } from '../../gpu/index.ts';
import { recordGraph, sitesOf } from '../../model/index.ts';
import type { InsideViews, RowScores, ScoreRequest } from '../runtime.ts';
import { AttentionViews, lensViews } from './attention-views.ts';
import { lower } from './lowering.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { PrefillHead, readSummary } from './prefill-head.ts';
import { PrefillProgram } from './prefill-program.ts';
import { logitRows } from './prefill-tuning.ts';

/** Passes over given tokens that return scores, attention weights and per-layer predictions. */
export class Inspector {
  private constructor(
    private readonly program: PrefillProgram,
    private readonly head: PrefillHead,
    private readonly options: GpuRuntimeOptions,
  ) {}

  /** @param options those of the program */
  static async create(program: PrefillProgram, options: GpuRuntimeOptions): Promise<Inspector> {
    const { gpu, model, shape } = program;
    const rows = Math.min(program.rows, logitRows(gpu.info, model.config));
    return new Inspector(program, await PrefillHead.create(gpu, model, rows, shape), options);
  }

  /** Computes `ids` at position, position + 1, … and says how likely each row thinks targets[i] is; -1 is NaN. */
  async score({ sequence, position, ids, targets, top }: ScoreRequest): Promise<RowScores> {
    const { head, program } = this;
    const { gpu, hidden } = program;
    const summaries = await head.prepare(targets.slice(0, ids.length), top);
    try {
      await program.walk(sequence, position, ids, ({ first, ids: part }) =>
        head.run(summaries, hidden, part.length, first),
      );
      const bytes = await readBuffer(gpu.device, gpu.buffers, summaries.records);
      const rows = ids.map((_, row) => readSummary(bytes, row, top));
      return {
        logprobs: Float32Array.from(rows, (row, i) => (targets[i] === -1 ? Number.NaN : row.targetLogprob)),
        ranks: Uint32Array.from(rows, (row, i) => (targets[i] === -1 ? 0 : row.rank)),
        entropies: Float32Array.from(rows, (row) => row.entropy),
        likeliest: rows.map((row) => row.likeliest.map(({ id, logprob }) => ({ id, logprob }))),
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
    const { head } = this;
    const { gpu, model } = this.program;
    const top = what.logitLensTop;
    const { patterns, stages } = viewedSites([...sitesOf(model.forward).keys()]);
    const capture = new Set([...(what.attention ? patterns : []), ...(top > 0 ? stages : [])]);
    const pass = lower(recordGraph(model.forward, { capture }));
    const captures = pass.body.filter((step) => step.kind === 'capture');
    const program = await PrefillProgram.create(gpu, model, this.options, pass);
    const views = what.attention
      ? await AttentionViews.create(
          program,
          captures.filter(({ pattern }) => pattern),
          ids.length,
        )
      : undefined;
    const targets = new Array<number>(stages.length * ids.length).fill(0);
    const records = top > 0 ? await head.prepare(targets, top) : undefined;
    try {
      await program.capture(ids, async (site, { first, ids: part }) => {
        const layer = patterns.indexOf(site);
        if (layer >= 0) await views?.take(layer, first, part.length);
        else if (records)
          head.run(records, program.hidden, part.length, stages.indexOf(site) * ids.length + first);
      });
      return {
        ...(views && { attention: views.result }),
        ...(records && { logitLens: await lensViews(gpu, records, stages.length, ids.length) }),
      };
    } finally {
      views?.destroy();
      if (records) head.forget(records);
      program.destroy();
    }
  }

  destroy(): void {
    this.head.destroy();
  }
}

/** The attention patterns of a model, and the stages of its residual stream: before the first block and after each. */
function viewedSites(sites: readonly string[]): { patterns: string[]; stages: string[] } {
  return {
    patterns: sites.filter((site) => site.endsWith('.attn.hook_pattern')),
    stages: sites.filter((site) => site === 'blocks.0.hook_resid_pre' || site.endsWith('.hook_resid_post')),
  };
}
