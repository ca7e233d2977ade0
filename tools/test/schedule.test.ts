import { describe, expect, it } from 'vitest';
import { noCounts } from './counts.ts';
import type { Requirement } from './requirements.ts';
import { runSteps, type Step } from './schedule.ts';

const absent: Requirement = {
  name: 'Firefox',
  packages: ['firefox-esr'],
  elsewhere: '',
  present: () => false,
};

/** Steps that note when they begin and end, and take some turns of the event loop. */
function track() {
  const events: string[] = [];
  const step = (name: string, more: Partial<Step> = {}, passes = true): Step => ({
    name,
    run: async () => {
      events.push(`+${name}`);
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      events.push(`-${name}`);
      return { ...noCounts(), [passes ? 'passed' : 'failed']: 1 };
    },
    ...more,
  });
  return { events, step };
}

describe('steps of npm test', () => {
  it('run in their order, one at a time on one slot', async () => {
    const { events, step } = track();
    const results = await runSteps([step('a'), step('b')], { slots: 1, debian: true });
    expect(events).toEqual(['+a', '-a', '+b', '-b']);
    expect(results.map(({ name, counts }) => [name, counts.passed])).toEqual([
      ['a', 1],
      ['b', 1],
    ]);
  });

  it('wait for what they need, while later ones begin', async () => {
    const { events, step } = track();
    const steps = [step('build'), step('site', { after: 'build' }), step('unit'), step('types')];
    await runSteps(steps, { slots: 2, debian: true });
    expect(events.slice(0, 2)).toEqual(['+build', '+unit']);
    expect(events.indexOf('+site')).toBeGreaterThan(events.indexOf('-build'));
    // The site was listed before the types, so it takes the slot that the build frees.
    expect(events.indexOf('+site')).toBeLessThan(events.indexOf('+types'));
  });

  it('do not wait for a step that was not chosen', async () => {
    const { events, step } = track();
    await runSteps([step('site', { after: 'build' })], { slots: 2, debian: true });
    expect(events).toEqual(['+site', '-site']);
  });

  it('fail without running when the step before them failed', async () => {
    const { events, step } = track();
    const [, site] = await runSteps([step('build', {}, false), step('site', { after: 'build' })], {
      slots: 2,
      debian: true,
    });
    expect(events).toEqual(['+build', '-build']);
    expect(site).toMatchObject({
      counts: { passed: 0, failed: 1, skipped: 0 },
      note: 'not run, as build failed',
    });
  });

  it('are skipped, neither passed nor failed, when the machine lacks something, with the way to get it', async () => {
    const { events, step } = track();
    const [result] = await runSteps([step('firefox', { needs: [absent] })], { slots: 2, debian: true });
    expect(events).toEqual([]);
    expect(result).toMatchObject({
      counts: { passed: 0, failed: 0, skipped: 1 },
      note: 'Firefox is missing; apt-get install firefox-esr',
    });
  });
});
