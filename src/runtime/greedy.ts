import { greedySampling, type ResolvedSampling } from '../sampling/index.ts';
import type { DecodeRequest, Runtime } from './runtime.ts';

/** Goes on from sequence 0, which holds `ids`: the likeliest token of each step, past any end of text. */
export function greedyRequest(
  ids: readonly number[],
  maxSteps: number,
  sampling: ResolvedSampling = greedySampling,
): DecodeRequest {
  return {
    sequences: [0],
    contexts: [{ ids, promptLength: ids.length }],
    sampling,
    firstDraw: 0,
    maxSteps,
    eosTokenIds: [],
    alternatives: 0,
  };
}

/** The ids that a {@link greedyRequest} chooses. */
export async function decodeGreedily(
  runtime: Pick<Runtime, 'decode'>,
  ids: readonly number[],
  maxSteps: number,
  { sampling, signal }: { sampling?: ResolvedSampling; signal?: AbortSignal } = {},
): Promise<number[]> {
  const chosen: number[] = [];
  const steps = runtime.decode({ ...greedyRequest(ids, maxSteps, sampling), signal });
  for await (const [token] of steps) if (token) chosen.push(token.id);
  return chosen;
}
