import type { Dispatch, Gpu } from '../../gpu/index.ts';
import { embedColumnsKernel, matrixBuffers, vectorStride } from '../../shaders/index.ts';
import type { ChooseRequest, DecodedToken, Row } from '../runtime.ts';
import type { DecodeProgram } from './decode-program.ts';
import { compilePlan, forRows } from './dispatch-plan.ts';
import type { GPT2 } from './gpt2.ts';
import type { GpuRuntimeOptions } from './options.ts';

/**
 * One pass over given tokens, each anywhere in any sequence, and the choice of what comes after each: the token
 * loop's kernels, but the host says which tokens go in.
 */
export class RowsProgram {
  private constructor(
    private readonly columns: number,
    private readonly program: DecodeProgram,
    private readonly embed: readonly Dispatch[],
  ) {}

  /** @param program with columns that may stand in one sequence; destroyed with this */
  static async create(
    gpu: Gpu,
    model: GPT2,
    program: DecodeProgram,
    options: GpuRuntimeOptions,
  ): Promise<RowsProgram> {
    const { columns } = program.workspace;
    const shape = {
      embedding: model.wte.format,
      stride: vectorStride(model.config.nEmbd),
      context: options.context,
    };
    const { state, activations } = program.workspace;
    const embed = await compilePlan(gpu, [
      {
        source: embedColumnsKernel(shape),
        buffers: [state, ...matrixBuffers(model.wte), model.wpe, activations.x],
        grid: (count) => [count, 1, 1],
      },
    ]);
    return new RowsProgram(columns, program, forRows(embed, columns));
  }

  /** The token chosen after each row. */
  async run({ rows, sampling, alternatives }: ChooseRequest): Promise<DecodedToken[]> {
    // A column too many repeats the last row: it writes the same values to the same places.
    const last = rows.at(-1) as Row;
    const filled = Array.from({ length: this.columns }, (_, column) => rows[column] ?? last);
    const starts = filled.map(({ sequence, ids, draw }) => ({
      sequence,
      token: ids.at(-1) as number,
      length: ids.length,
      draw,
    }));
    const request = { contexts: filled, sampling, alternatives, eosTokenIds: [] };
    const tokens = await this.program.once(request, starts, this.embed);
    return tokens.slice(0, rows.length);
  }

  destroy(): void {
    this.program.destroy();
  }
}
