import { describe, expect, it } from 'vitest';
import { SpeculationPolicy } from './speculation-policy.ts';

describe('SpeculationPolicy', () => {
  /** What each of some equal passes is answered with. */
  const pauses = (policy: SpeculationPolicy, passes: number, accepted: number, milliseconds: number) =>
    Array.from({ length: passes }, () => policy.record(accepted, milliseconds, 10)?.tokens ?? 0);

  it('decides by time after a few passes', () => {
    expect(pauses(new SpeculationPolicy(), 20, 2, 29)).toEqual(Array.from({ length: 20 }, () => 0));
    expect(pauses(new SpeculationPolicy(), 4, 2, 31)).toEqual([0, 0, 0, 64]);
  });
  it('ignores a single slow pass', () => {
    const policy = new SpeculationPolicy();
    pauses(policy, 8, 3, 20);
    expect(policy.record(3, 5000, 10)).toBeUndefined();
  });
  it('pauses when nothing is accepted, however fast', () => {
    expect(pauses(new SpeculationPolicy(), 9, 0, 1)).toEqual([0, 0, 16, 0, 0, 32, 0, 0, 64]);
  });
  it('doubles its pauses until drafting pays again', () => {
    const policy = new SpeculationPolicy();
    expect(pauses(policy, 12, 1, 40)).toEqual([0, 0, 0, 64, 0, 128, 0, 256, 0, 512, 0, 512]);
    expect(pauses(policy, 4, 7, 40)).toEqual([0, 0, 0, 0]);
    expect(pauses(policy, 17, 1, 40)).toContain(64);
  });
});
