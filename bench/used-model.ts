import type { Edit } from '../src/model/index.ts';
import { decodeGreedily, type Runtime } from '../src/runtime/index.ts';
import { type MedianInterval, medianInterval } from './statistics.ts';

/** Decoding with a model that was looked into and changed before, beside decoding with a fresh one. */
export interface UsedModelCost {
  /** Tokens of a block. */
  tokens: number;
  /** Time of two blocks of the used model over that of the two of the fresh one beside them. */
  ratio: MedianInterval;
  /** A token's, of the used and of the fresh one. */
  dispatches: [number, number];
}

const tokens = 20;

/**
 * Blocks in the order used, fresh, fresh, used: what slows the machine for longer slows both. The first block after the
 * other model's is slower than the next, which every four blocks have once for each model.
 * @param pairs of blocks; an even number, at least 12
 */
export async function measureUsedModel(
  used: Runtime,
  fresh: Runtime,
  ids: readonly number[],
  pairs: number,
): Promise<UsedModelCost> {
  await use(used, ids);
  for (const runtime of [used, fresh]) {
    await runtime.prefill(0, 0, ids);
    await block(runtime, ids);
  }
  const ratios: number[] = [];
  for (let group = 0; group < pairs / 2; group++) {
    const times = new Map<Runtime, number>();
    for (const runtime of [used, fresh, fresh, used])
      times.set(runtime, (times.get(runtime) ?? 0) + (await block(runtime, ids)));
    ratios.push((times.get(used) ?? Number.NaN) / (times.get(fresh) ?? Number.NaN));
  }
  const dispatches = [used, fresh].map((runtime) => runtime.stats().dispatchesPerToken);
  return { tokens, ratio: medianInterval(ratios), dispatches: dispatches as [number, number] };
}

/** Captures, patches and writes under edits, then takes them back. */
async function use(runtime: Runtime, ids: readonly number[]): Promise<void> {
  const site = 'blocks.0.attn.hook_z';
  const edits: Edit[] = [{ site, op: 'zero', head: 0 }];
  await runtime.run({ runs: [{ ids, edits }], capture: [site], logits: 'all' });
  const runs = [[], edits].map((own) => ({ ids, edits: own }));
  await runtime.run({ runs, capture: [], logits: [1] });
  await runtime.setEdits(edits);
  await runtime.prefill(0, 0, ids);
  await decodeGreedily(runtime, ids, tokens);
  await runtime.setEdits([]);
}

/** Milliseconds of a block, from the same place each time. */
async function block(runtime: Runtime, ids: readonly number[]): Promise<number> {
  await runtime.prefill(0, ids.length - 1, ids.slice(-1));
  const started = performance.now();
  await decodeGreedily(runtime, ids, tokens);
  return performance.now() - started;
}
