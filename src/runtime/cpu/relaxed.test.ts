import { setFlagsFromString } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, readJson } from '../../../test/support/checkpoint.ts';
import { cpuRuntime, greedy, largestDifference } from '../../../test/support/cpu.ts';
import { relaxedSimd } from './simd-code.ts';

// Needed by Node 20 alone, and by the first use of the engine.
setFlagsFromString('--experimental-wasm-relaxed-simd');

interface Golden {
  prompts: { name: string; ids: number[]; last_logits: number[]; greedy_ids: number[] }[];
}

describe('the bundled model with relaxed SIMD', () => {
  const { prompts } = readJson<Golden>('test/golden/tiny-tales/reference.json');
  const runtime = cpuRuntime(readCheckpoint('public/models/tiny-tales'));

  it.each(prompts.map((prompt) => [prompt.name, prompt] as const))(
    'gives the logits and the greedy tokens after the prompt %s',
    async (_, prompt) => {
      expect(relaxedSimd()).toBe(true);
      await runtime.prefill(0, 0, prompt.ids);
      expect(largestDifference(await runtime.logits(0), prompt.last_logits)).toBeLessThan(1e-3);
      expect(await greedy(runtime, prompt.ids, 24)).toEqual(prompt.greedy_ids.slice(0, 24));
    },
  );
});
