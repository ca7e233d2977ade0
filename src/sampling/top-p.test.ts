import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { distribution } from './distribution.ts';
import { resolveSampling } from './resolve.ts';

interface Case {
  probabilities: number[];
  topP: number;
  kept: number[];
}

const { cases } = JSON.parse(
  readFileSync(new URL('../../test/golden/sampling/top-p.json', import.meta.url), 'utf8'),
) as { cases: Case[] };

/** Made by tools/fixtures/make_top_p.py with transformers. */
describe('top-p keeps what transformers keeps where the sum meets p exactly', () => {
  it.each(cases)('of $probabilities at $topP', ({ probabilities, topP, kept }) => {
    const logits = Float32Array.from(probabilities, Math.log);
    const { ids } = distribution(logits, { ids: [], promptLength: 0 }, resolveSampling({ topP }));
    expect([...ids]).toEqual(kept);
  });
});
