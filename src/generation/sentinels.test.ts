import { expect, it } from 'vitest';
import { collect } from '../../test/support/collect.ts';
import { fakeModel } from '../../test/support/fake-model.ts';
import { fakeRuntime } from '../../test/support/fake-runtime.ts';

/** The letter after the last one. */
const alphabet = fakeRuntime(
  (ids) => {
    const logits = new Float32Array(16).fill(-10);
    logits[((ids.at(-1) ?? 0) + 1) % 16] = 10;
    return logits;
  },
  { vocabSize: 16 },
);

it("takes one string as stop, and other tools' -1 as topK and seed", async () => {
  const model = fakeModel(alphabet);
  const options = { temperature: 0, maxNewTokens: 8, topK: -1, seed: -1 };
  const textOf = async (stop: string | string[]) =>
    (await collect(model, 'a', { ...options, stop })).map(({ text }) => text).join('');
  expect(await textOf('e')).toBe('bcd');
  expect(await textOf(['e'])).toBe('bcd');
  await expect(textOf('')).rejects.toMatchObject({ code: 'invalid-argument' });
});
