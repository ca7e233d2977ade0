import { expect, test } from 'vitest';
import { sharedGpu } from '../../../test/support/gpu.ts';
import { randomModel, tinyConfig } from '../../../test/support/model.ts';
import { expectClose, randomIds } from '../../../test/support/numbers.ts';
import { GpuRuntime } from './gpu-runtime.ts';

const gpu = sharedGpu();
const choose = () => ({ lanes: 1, rows: 1, workgroup: 64, reduction: 'none' }) as const;

test('2 to 8 ids go through in one pass once its kernels are there, and give the logits of the reference', async () => {
  const { model, forward } = randomModel(gpu(), tinyConfig, { sequences: 2 });
  const runtime = new GpuRuntime(gpu(), model, { context: tinyConfig.nPositions, kv: 'f32', choose });
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
  await runtime.warmMore();
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
