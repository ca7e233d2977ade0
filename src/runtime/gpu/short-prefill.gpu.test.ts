import { expect, test } from 'vitest';
import { sharedGpu } from '../../../test/support/gpu.ts';
import { randomModel, tinyConfig } from '../../../test/support/model.ts';
import { expectClose, randomIds } from '../../../test/support/numbers.ts';
import { gpt2, type Pass } from '../../model/index.ts';
import { greedyRequest } from '../greedy.ts';
import { GpuRuntime } from './gpu-runtime.ts';

// Kernels that are not compiled yet are what the first test is about.
const gpu = sharedGpu({});
const choose = () => ({ lanes: 1, rows: 1, workgroup: 64, reduction: 'none' }) as const;

test('2 to 8 ids go through in one pass once its kernels are there, and give the logits of the reference', async () => {
  const { model, forward } = randomModel(gpu(), tinyConfig, { sequences: 2 });
  const runtime = new GpuRuntime(gpu(), model, {
    context: tinyConfig.nPositions,
    kv: 'f32',
    chooseVariant: choose,
  });
  const { queue } = gpu().device;
  const submit = queue.submit.bind(queue);
  let submits = 0;
  queue.submit = (commands) => {
    submits++;
    submit(commands);
  };
  const logitsAfter = async (sequence: number, ids: readonly number[], from: number) => {
    submits = 0;
    await runtime.prefill(sequence, from, ids.slice(from));
    const prefills = submits;
    return { prefills, logits: await runtime.logits(sequence) };
  };
  await runtime.reserve(2);
  const ids = randomIds(4, 8, 61);
  // The blocks and a copy of the last row, for each id.
  const single = await logitsAfter(1, ids, 0);
  expect(single.prefills).toBe(2 * ids.length);
  expectClose(single.logits, forward(ids).logits(7), { absolute: 2e-4 });
  await runtime.warmShort();
  for (const count of [2, 3, 4, 5, 7, 8]) {
    const some = ids.slice(0, count);
    const { prefills, logits } = await logitsAfter(1, some, 0);
    expect(prefills).toBe(2);
    expectClose(logits, forward(some).logits(count - 1), { absolute: 2e-4 }, `${count} ids`);
  }
  // A tail: what is before it is read from the cache.
  const tail = await logitsAfter(1, [...ids.slice(0, 5), 3, 1, 4], 5);
  expect(tail.prefills).toBe(2);
  expectClose(tail.logits, forward([...ids.slice(0, 5), 3, 1, 4]).logits(7), { absolute: 2e-4 });
  queue.submit = submit;
});

/** GPT-2 with a norm between the embeddings and the blocks. */
const normedEmbeddings: Pass = (ops) => {
  let sums = 0;
  const add: typeof ops.add = (left, right) => {
    const sum = ops.add(left, right);
    return sums++ === 0 ? ops.layerNorm('ln_emb', sum, 1e-5) : sum;
  };
  return gpt2(tinyConfig)(Object.create(ops, { add: { value: add } }));
};

test('a variant of the architecture runs in prefill, in short prefill and in the token loop', async () => {
  const { model, forward } = randomModel(gpu(), tinyConfig, { pass: normedEmbeddings });
  const runtime = new GpuRuntime(gpu(), model, {
    context: tinyConfig.nPositions,
    kv: 'f32',
    chooseVariant: choose,
  });
  const ids = randomIds(5, 20, 61);
  expect([...model.norms.keys()]).toEqual(['ln_emb']);
  for (const count of [2, 20]) {
    await runtime.prefill(0, 0, ids.slice(0, count));
    const expected = forward(ids.slice(0, count)).logits(count - 1);
    expectClose(await runtime.logits(0), expected, { absolute: 2e-4 });
  }
  const written = [...ids];
  const steps = runtime.decode(greedyRequest(ids, 4));
  for await (const [token] of steps) {
    const logits = forward(written).logits(written.length - 1);
    expect(token?.id).toBe(logits.indexOf(Math.max(...logits)));
    written.push(token?.id as number);
  }
  expect(written).toHaveLength(ids.length + 4);
});
