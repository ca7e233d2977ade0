import { describe, expect, it } from 'vitest';
import { adaptedFiles, testAdapterSwitch } from './support/adapter-checks.ts';
import { connected } from './support/connected.ts';

describe('a LoRA adapter is switched, on the CPU', () => {
  testAdapterSwitch('cpu', ['f32', 'int8']);

  it('by way of the worker', async () => {
    const model = await connected().load(undefined, await adaptedFiles());
    const ids = [3, 1, 4];
    const adapted = await model.logits(ids);
    await model.setAdapter(false);
    expect(model.card.adapter).toMatchObject({ enabled: false });
    expect(await model.logits(ids)).not.toEqual(adapted);
    await model.setAdapter(true);
    expect(await model.logits(ids)).toEqual(adapted);
    await expect(model.setAdapter('no' as never)).rejects.toMatchObject({ code: 'invalid-argument' });
    model.dispose();
  });
});
