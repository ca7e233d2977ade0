import type { Dispatch } from '../../gpu/index.ts';
import type { DecodedToken, SampleRequest } from '../runtime.ts';
import { filled } from './column-state.ts';
import type { DecodeProgram } from './decode-program.ts';

/**
 * One pass over given tokens, each anywhere in any sequence, and the choice of what comes after each: the token
 * loop's kernels, but the host says which tokens go in.
 */
export class BatchedStep {
  /**
   * @param program whose columns may share a sequence; destroyed with this
   * @param embed of the same columns
   */
  constructor(
    private readonly columns: number,
    private readonly program: DecodeProgram,
    private readonly embed: readonly Dispatch[],
  ) {}

  /** The token chosen after each row. */
  async run({ rows, sampling, alternatives }: SampleRequest): Promise<DecodedToken[]> {
    const contexts = filled(rows, this.columns);
    const starts = contexts.map(({ sequence, ids, draw }) => ({
      sequence,
      token: ids.at(-1) as number,
      length: ids.length,
      draw,
    }));
    const request = { contexts, sampling, alternatives, eosTokenIds: [] };
    const tokens = await this.program.step(request, starts, this.embed);
    return tokens.slice(0, rows.length);
  }

  destroy(): void {
    this.program.destroy();
  }
}
