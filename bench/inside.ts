import { ablateIds } from '../src/inside/index.ts';
import type { Edit } from '../src/model/index.ts';
import type { Runtime } from '../src/runtime/index.ts';
import { type Spread, spread } from './statistics.ts';
import { measureUsedModel, type UsedModelCost } from './used-model.ts';

/** What runs with edits cost. */
export interface InsideCosts {
  tokens: number;
  /** Every head, attention and MLP of the model switched off, one at a time. */
  ablation: { runs: number; firstMs: number; ms: Spread };
  /** One more run of the text beside others, all of them changed before the first block: they share nothing. */
  addedRunMs: number;
  /** As many tokens more in one prefill. */
  addedPrefillMs: number;
  /** Decoding after all of this, on the GPU and on the CPU. */
  used: Record<'gpu' | 'cpu', UsedModelCost>;
}

const tokens = 15;
/** Runs side by side; the cost of one is the slope from the first to the second. */
const sideBySide = [1, 33] as const;

/** Pairs of blocks a round. */
const pairs = 16;

/**
 * Milliseconds of an ablation, and of one more run and of as many more tokens in a prefill; decoding before and after.
 * @param create another runtime of the same model
 */
export async function measureInside(
  runtime: Runtime,
  create: (backend: 'gpu' | 'cpu') => Promise<Runtime>,
  repeat: number,
  prompt: (length: number) => number[],
): Promise<InsideCosts> {
  const { nLayer, nHead } = runtime.config;
  const ablate = () => timed(() => ablateIds(runtime, prompt(tokens), { target: 1, foil: 2 }));
  const firstMs = await ablate();
  const ablations: number[] = [];
  for (let round = 0; round < repeat; round++) ablations.push(await ablate());
  const slope = async (cost: (runs: number) => Promise<number>) => {
    for (const runs of sideBySide) await cost(runs);
    const slopes: number[] = [];
    for (let round = 0; round < repeat; round++) {
      const [less, more] = [await cost(sideBySide[0]), await cost(sideBySide[1])];
      slopes.push((more - less) / (sideBySide[1] - sideBySide[0]));
    }
    return spread(slopes).median;
  };
  return {
    tokens,
    ablation: { runs: nLayer * (nHead + 2), firstMs, ms: spread(ablations) },
    addedRunMs: await slope((runs) => timed(() => editedRuns(runtime, prompt(tokens), runs))),
    addedPrefillMs: await slope((runs) =>
      timed(() => runtime.prefill(0, 0, prompt(Math.min(tokens * runs, runtime.contextLength)))),
    ),
    used: {
      gpu: await besideFresh(runtime, await create('gpu'), prompt(tokens), pairs * repeat),
      cpu: await onCpu(create, prompt(tokens), pairs * repeat),
    },
  };
}

async function onCpu(
  create: (backend: 'cpu') => Promise<Runtime>,
  ids: readonly number[],
  count: number,
): Promise<UsedModelCost> {
  const used = await create('cpu');
  return besideFresh(used, await create('cpu'), ids, count).finally(() => used.dispose());
}

function besideFresh(used: Runtime, fresh: Runtime, ids: readonly number[], count: number) {
  return measureUsedModel(used, fresh, ids, count).finally(() => fresh.dispose());
}

function editedRuns(runtime: Runtime, ids: readonly number[], count: number) {
  const runs = Array.from({ length: count }, (_, index) => {
    const edits: Edit[] = [{ site: 'hook_embed', op: 'scale', value: index, positions: [0] }];
    return { ids, edits };
  });
  return runtime.run({ runs, capture: [], logits: [1] });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
