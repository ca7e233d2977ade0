import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCheckpoint, readJson } from '../../test/support/checkpoint.ts';
import { cpuRuntime, greedy, largestDifference, loadCpuWeights } from '../../test/support/cpu.ts';
import { parseConfig } from './config.ts';
import { referenceForward } from './reference.ts';

interface FamilyReference {
  ids: number[];
  logits: number[][];
  greedy_ids: number[];
}

const folder = 'test/golden/family';
const names = readdirSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)));

describe('every way in which models of the family differ', () => {
  it('has its fixtures', () => {
    expect(names.length).toBeGreaterThanOrEqual(20);
  });

  it.each(names)('the plain forward pass gives the logits of %s', (name) => {
    const { config, weights } = readCheckpoint(`${folder}/${name}`);
    const golden = readJson<FamilyReference>(`${folder}/${name}/reference.json`);
    const pass = referenceForward(config, weights, golden.ids);
    for (const [t, logits] of golden.logits.entries())
      expect(largestDifference(pass.logits(t), logits)).toBeLessThan(1e-5);
  });

  it.each(names)('the CPU runtime gives the logits and tokens of %s', async (name) => {
    const golden = readJson<FamilyReference>(`${folder}/${name}/reference.json`);
    const runtime = cpuRuntime(readCheckpoint(`${folder}/${name}`));
    for (const [t, id] of golden.ids.entries()) {
      await runtime.prefill(0, t, [id]);
      expect(largestDifference(await runtime.logits(0), golden.logits[t] as number[])).toBeLessThan(1e-4);
    }
    expect(await greedy(runtime, golden.ids, golden.greedy_ids.length)).toEqual(golden.greedy_ids);
  });

  it.each([
    ['untied', false, false],
    ['equal-head', false, true],
    ['different-head', false, true],
    ['head-only', true, false],
    ['relu', true, false],
  ])('the head of %s is tied: %s, maybe: %s', (name, tied, maybeTied) => {
    expect(readCheckpoint(`${folder}/${name}`).table).toMatchObject({ tied, maybeTied });
  });

  it('an equal head is kept once, a different one by itself', () => {
    const equal = loadCpuWeights(readCheckpoint(`${folder}/equal-head`));
    expect(equal.matrices.get('lm_head')).toBe(equal.matrices.get('wte'));
    const different = loadCpuWeights(readCheckpoint(`${folder}/different-head`));
    expect(different.matrices.get('lm_head')).not.toBe(different.matrices.get('wte'));
  });

  it('a head of another network is named and not used', () => {
    const { notices } = readCheckpoint(`${folder}/masks`).table;
    expect(notices.join()).toContain('v_head.summary.weight');
    expect(notices.join()).not.toContain('attn');
  });

  it('end-of-text ids outside the vocabulary are dropped', () => {
    const at = (file: string) => readJson(`${folder}/eos-out-of-range/${file}.json`);
    expect(parseConfig(at('config')).eosTokenIds).toEqual([]);
    expect(parseConfig(at('config'), at('generation_config')).eosTokenIds).toEqual([60]);
  });
});
