import { defined } from '../lib/index.ts';
import type { RunRequest } from './runtime.ts';

/** What a step of a pass reads and writes, and the run it is made for; undefined for all. */
export interface Access<T> {
  reads: readonly T[];
  /** Overwritten whole. */
  writes: readonly T[];
  run?: number;
}

/** Runs that begin at one step: their rows of these values are copied from the rows of another run first. */
export interface Joining<T> {
  step: number;
  runs: readonly { run: number; from: number }[];
  values: readonly T[];
}

type Runs = RunRequest['runs'];

/**
 * Indices of runs in batches of at most `size`, in the order in which they go through. Runs that are changed late come
 * late; the first of each text in a batch is the one that is changed last, so that the others can begin with its values.
 * @param sites all of the pass, in its order
 */
export function batchRuns(runs: Runs, sites: readonly string[], size: number): number[][] {
  const firstEdit = runs.map(({ edits }) =>
    edits.reduce((least, { site }) => Math.min(least, sites.indexOf(site)), sites.length),
  );
  const order = [...runs.keys()].sort((a, b) => (firstEdit[a] as number) - (firstEdit[b] as number));
  const batches: number[][] = [];
  for (let first = 0; first < order.length; first += size) {
    const batch = order.slice(first, first + size);
    const bases = new Set(batch.map((run) => batch.findLast((other) => sameText(runs, run, other))));
    batches.push([...batch.filter((run) => bases.has(run)), ...batch.filter((run) => !bases.has(run))]);
  }
  return batches;
}

/**
 * When each run of a batch begins: at the first step that changes it, as until then all runs of a text are the same. The
 * first of each text goes through whole.
 * @param results values that are read after the last step
 * @param canCopy whether a value's rows can be copied from run to run; a run begins earlier where one cannot
 */
export function scheduleRuns<T>(
  steps: readonly Access<T>[],
  results: readonly T[],
  runs: Runs,
  canCopy: (value: T) => boolean,
): Joining<T>[] {
  const live = liveValues(steps, results);
  const joining = new Map<number, { run: number; from: number }[]>();
  for (const run of runs.keys()) {
    const from = [...runs.keys()].findIndex((other) => sameText(runs, run, other));
    const edit = steps.findIndex((step) => step.run === run);
    let step = run === from ? 0 : edit < 0 ? steps.length : edit;
    // Runs that are changed one after the other at a site begin together.
    while (step > 0 && (steps[step - 1]?.run !== undefined || ![...at(live, step)].every(canCopy))) step--;
    joining.set(step, [...(joining.get(step) ?? []), { run, from }]);
  }
  return [...joining]
    .sort(([a], [b]) => a - b)
    .map(([step, own]) => ({ step, runs: own, values: [...at(live, step)] }));
}

/** What steps read that none of them has written before. */
export function inputsOf<T>(steps: readonly Access<T>[]): T[] {
  return [...at(liveValues(steps, []), 0)];
}

/** By step, and after the last: the values that are read from there on before they are written. */
function liveValues<T>(steps: readonly Access<T>[], results: readonly T[]): ReadonlySet<T>[] {
  const live: ReadonlySet<T>[] = [];
  live[steps.length] = new Set(results);
  for (let step = steps.length - 1; step >= 0; step--) {
    const { reads, writes } = at(steps, step);
    const after = new Set(at(live, step + 1));
    for (const value of writes) after.delete(value);
    for (const value of reads) after.add(value);
    live[step] = after;
  }
  return live;
}

function sameText(runs: Runs, a: number, b: number): boolean {
  const [left, right] = [at(runs, a).ids, at(runs, b).ids];
  return left === right || (left.length === right.length && left.every((id, index) => id === right[index]));
}

function at<V>(list: readonly V[], index: number): V {
  return defined(list[index], 'an entry');
}
