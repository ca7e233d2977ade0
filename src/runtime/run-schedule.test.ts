import { describe, expect, it } from 'vitest';
import type { Edit } from '../model/index.ts';
import { type Access, batchRuns, scheduleRuns } from './run-schedule.ts';

const sites = ['a', 'b', 'c'];
const zero = (site: string): Edit => ({ site, op: 'zero' });
const run = (ids: number[], ...edited: string[]) => ({ ids, edits: edited.map(zero) });

describe('runs side by side', () => {
  it('go in the order of their first edits, after the one of their text that is changed last', () => {
    const runs = [run([1], 'c'), run([1], 'c', 'a'), run([2], 'b'), run([1]), run([1], 'b'), run([2], 'a')];
    expect(batchRuns(runs, sites, 9)).toEqual([[2, 3, 1, 5, 4, 0]]);
    expect(batchRuns(runs, sites, 4)).toEqual([
      [2, 4, 1, 5],
      [3, 0],
    ]);
  });

  // x = embed; y = f(x); [edits of y]; x += y; z = g(x); [edits of z]; x += z
  const steps = (edits: Record<'y' | 'z', number[]>): Access<string>[] => [
    { reads: [], writes: ['x'] },
    { reads: ['x'], writes: ['y'] },
    ...edits.y.map((own) => ({ reads: ['y'], writes: [], run: own })),
    { reads: ['x', 'y'], writes: [] },
    { reads: ['x'], writes: ['z'] },
    ...edits.z.map((own) => ({ reads: ['z'], writes: [], run: own })),
    { reads: ['x', 'z'], writes: [] },
  ];
  const same = Array.from({ length: 4 }, () => run([1]));

  it('begin where they are changed, with what is read from there on', () => {
    expect(scheduleRuns(steps({ y: [1, 2], z: [3] }), ['x'], same, () => true)).toEqual([
      { step: 0, runs: [{ run: 0, from: 0 }], values: [] },
      {
        ...{ step: 2, values: expect.arrayContaining(['x', 'y']) },
        runs: [
          { run: 1, from: 0 },
          { run: 2, from: 0 },
        ],
      },
      { step: 6, runs: [{ run: 3, from: 0 }], values: expect.arrayContaining(['x', 'z']) },
    ]);
  });

  it('begin at the end when nothing changes them, and whole when their text is another', () => {
    const runs = [run([1]), run([2]), run([1])];
    expect(scheduleRuns(steps({ y: [], z: [] }), ['x'], runs, () => true)).toEqual([
      {
        ...{ step: 0, values: [] },
        runs: [
          { run: 0, from: 0 },
          { run: 1, from: 1 },
        ],
      },
      { step: 5, runs: [{ run: 2, from: 0 }], values: ['x'] },
    ]);
  });

  it('begin before values that cannot be copied', () => {
    const [, joining] = scheduleRuns(steps({ y: [], z: [1] }), ['x'], same.slice(0, 2), (it) => it !== 'z');
    expect(joining).toEqual({ step: 3, runs: [{ run: 1, from: 0 }], values: ['x'] });
  });
});
