import { expect, test } from 'vitest';
import { withGpu } from '../../../test/support/gpu.ts';
import { randomModel, tinyConfig } from '../../../test/support/model.ts';
import { expectClose, randomIds } from '../../../test/support/numbers.ts';
import type { MatvecVariant } from '../../shaders/index.ts';
import { GpuRuntime } from './gpu-runtime.ts';

test('other variants go on from the caches of those before, and leave nothing of them behind', async () => {
  await withGpu(async (gpu) => {
    const { model, forward } = randomModel(gpu, tinyConfig);
    const asked = new Set<string>();
    const choosing = (name: string, variant: MatvecVariant) => ({
      chooseVariant: () => {
        asked.add(name);
        return variant;
      },
    });
    const one = choosing('one', { lanes: 1, rows: 1, workgroup: 64, reduction: 'none' });
    const two = choosing('two', { lanes: 8, rows: 2, workgroup: 64, reduction: 'shared' });
    const runtime = new GpuRuntime(gpu, model, { context: tinyConfig.nPositions, kv: 'f32', ...one });
    await runtime.warm();
    const ids = randomIds(4, 6, 61);
    await runtime.prefill(0, 0, ids.slice(0, 5));
    const before = await runtime.logits(0);
    const { bytes } = gpu.buffers;
    expect([...asked]).toEqual(['one']);

    await runtime.changeVariants(two);
    expect([...asked]).toEqual(['one', 'two']);
    expect(gpu.buffers.bytes).toBe(bytes);
    expectClose(await runtime.logits(0), before, { absolute: 2e-4 });
    await runtime.prefill(0, 5, ids.slice(5));
    expectClose(await runtime.logits(0), forward(ids).logits(5), { absolute: 2e-4 });
    await runtime.changeVariants(one);
    expectClose(await runtime.logits(0), forward(ids).logits(5), { absolute: 2e-4 });
    runtime.dispose();
  });
});
