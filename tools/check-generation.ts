import { parseArgs } from 'node:util';
import type { GenerateOptions, Model } from '../src/engine/index.ts';
import { soak } from './check-generation/soak.ts';
import { goldenPrompts, parseBackend, withEngine } from './node-engine.ts';

/**
 * Generation in Node, with the bundled model: how fast it writes, how long eight continuations take in one batch and
 * one by one, and many generations with random options, after which nothing may have grown.
 *
 *   npm run check:generation -- [--backend gpu|cpu] [--count 500] [--seed 1] [--new 64] [--rounds 5]
 */
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'gpu' },
    count: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    new: { type: 'string', default: '64' },
    rounds: { type: 'string', default: '5' },
  },
});
const backend = parseBackend(values.backend);
const mostOfSeparate = 0.6;
const leastTokensPerSecond = 20;
const newTokens = Number(values.new);

function check(right: boolean, told: string): void {
  console.log(`${right ? 'ok ' : 'NOT'} ${told}`);
  if (!right) process.exitCode = 1;
}

async function write(model: Model, options: GenerateOptions) {
  const ids: number[] = [];
  const started = performance.now();
  for await (const { id } of model.generate('Once upon a time', {
    eos: false,
    maxNewTokens: newTokens,
    ...options,
  }))
    ids.push(id);
  return { ids, milliseconds: performance.now() - started };
}

const median = (numbers: number[]) =>
  numbers.toSorted((left, right) => left - right)[numbers.length >> 1] ?? Number.NaN;

/** Reading speed, and that the tokens are those of the reference. */
async function alone(model: Model): Promise<void> {
  const expected = goldenPrompts().find(({ text }) => text === 'Once upon a time')?.greedy_ids;
  if (!expected) throw new Error('The reference lacks the prompt.');
  const { ids, milliseconds } = await write(model, { temperature: 0, maxNewTokens: expected.length });
  const rate = (ids.length * 1000) / milliseconds;
  check(ids.join() === expected.join(), `${ids.length} greedy tokens are those of the reference`);
  check(rate >= leastTokensPerSecond, `${rate.toFixed(0)} tokens/s alone, prompt included`);
}

/** Eight continuations in one batch against one by one, turn about, so that other work on the machine meets both. */
async function batch(model: Model): Promise<void> {
  const options = { temperature: 0.8, topK: 40 };
  const together: number[] = [];
  const separate: number[] = [];
  for (let round = -1; round < Number(values.rounds); round++) {
    const eight = await write(model, { ...options, n: 8, seed: 1 });
    let milliseconds = 0;
    await write(model, { ...options, maxNewTokens: 2 });
    for (let seed = 0; seed < 8; seed++)
      milliseconds += (await write(model, { ...options, seed })).milliseconds;
    // The first round compiles.
    if (round < 0) continue;
    together.push(eight.milliseconds);
    separate.push(milliseconds);
  }
  const ratio = median(together.map((time, round) => time / (separate[round] ?? Number.NaN)));
  const told = `8 x ${newTokens} tokens: ${median(together).toFixed(0)} ms in one batch, ${median(separate).toFixed(0)} ms one by one`;
  check(ratio <= mostOfSeparate, `${told}: ratio ${ratio.toFixed(2)}, of at most ${mostOfSeparate}`);
}

await withEngine(async (load) => {
  const model = await load('f32', backend);
  console.log(model.adapter.description || model.adapter.backend);
  await alone(model);
  if (Number(values.rounds) > 0) await batch(model);
  if (Number(values.count) > 0) {
    const assistant = await load('int4', backend);
    await soak({ model, assistant, count: Number(values.count), seed: Number(values.seed), check });
  }
});
