import { type Counts, noCounts } from './counts.ts';
import { missingOf, type Requirement, reasonOf } from './requirements.ts';

/** One part of `npm test`. */
export interface Step {
  readonly name: string;
  /** What the machine must have; without it the step is skipped. */
  readonly needs?: readonly Requirement[];
  /** A step that must have passed before this one, if it runs at all. */
  readonly after?: string;
  run(): Promise<Counts>;
}

export interface StepResult {
  readonly name: string;
  readonly counts: Counts;
  readonly seconds: number;
  /** Why the step did not run. */
  readonly note?: string;
}

async function runStep(step: Step, debian: boolean, before: StepResult | undefined): Promise<StepResult> {
  const { name } = step;
  if (before && before.counts.failed > 0) {
    return {
      name,
      counts: { ...noCounts(), failed: 1 },
      seconds: 0,
      note: `not run, as ${before.name} failed`,
    };
  }
  const missing = await missingOf(step.needs ?? []);
  if (missing.length > 0) {
    return { name, counts: { ...noCounts(), skipped: 1 }, seconds: 0, note: reasonOf(missing, debian) };
  }
  const begun = performance.now();
  const counts = await step.run();
  return { name, counts, seconds: Math.round((performance.now() - begun) / 1000) };
}

/**
 * Runs steps, as many at once as there are slots, earlier ones first. A step waits for the one it names in `after`;
 * meanwhile later steps may begin.
 */
export async function runSteps(
  steps: readonly Step[],
  options: {
    slots: number;
    debian: boolean;
    onBegin?: (name: string) => void;
    onEnd?: (result: StepResult) => void;
  },
): Promise<StepResult[]> {
  const chosen = new Set(steps.map(({ name }) => name));
  const results = new Map<string, StepResult>();
  const waiting = [...steps];
  const running = new Set<Promise<void>>();
  const isFree = ({ after }: Step) => !after || !chosen.has(after) || results.has(after);

  async function start(step: Step): Promise<void> {
    options.onBegin?.(step.name);
    const result = await runStep(step, options.debian, results.get(step.after ?? ''));
    results.set(step.name, result);
    options.onEnd?.(result);
  }

  while (waiting.length > 0 || running.size > 0) {
    const next = waiting.findIndex(isFree);
    if (next >= 0 && running.size < options.slots) {
      const [step] = waiting.splice(next, 1) as [Step];
      const task: Promise<void> = start(step).finally(() => running.delete(task));
      running.add(task);
    } else if (running.size > 0) {
      await Promise.race(running);
    } else {
      throw new Error(`These steps wait for each other: ${waiting.map(({ name }) => name).join(', ')}.`);
    }
  }
  return steps.map(({ name }) => results.get(name) as StepResult);
}
