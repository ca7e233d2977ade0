import { type Dispatch, type Gpu, leastMicroseconds, submit } from '../../../gpu/index.ts';

/** What is known of a kernel's variants on an adapter. A later visit tries the rest. */
export interface Known<V> {
  /** The fastest so far. */
  best: V;
  /** Names of the candidates tried. */
  tried: readonly string[];
  /** Every candidate was. */
  complete: boolean;
}

/** A benchmark for the variants of one kernel. */
export interface Comparison<V> {
  name(variant: V): string;
  /** What earlier visits found. */
  known?: Known<V>;
  /** The default first; the others must match its output. */
  candidates: readonly [V, ...V[]];
  /** A dispatch for each layer's weights, so that none is timed in a cache it would not be in. */
  steps(variant: V): Promise<Dispatch[]>;
  /** The output of the first step. */
  output(steps: readonly Dispatch[]): Promise<Float32Array>;
  /** The time, in `performance.now`, after which no further candidate is tried. */
  deadline: number;
}

/** A variant, and the time of all its steps in microseconds. */
export interface Measured<V> {
  variant: V;
  microseconds: number;
}

/** The variants measured, best first, and what is known with them. */
export interface Result<V> extends Known<V> {
  measured: [Measured<V>, ...Measured<V>[]];
}

/** Candidates compiled ahead of the one that is timed. */
const compiledAhead = 4;

/**
 * Times the candidates that were not tried before, beside the best known, or the default. Those the device cannot compile
 * or that give wrong results are skipped.
 */
export async function benchmark<V>(gpu: Gpu, comparison: Comparison<V>): Promise<Result<V>> {
  const { name, known, candidates, deadline } = comparison;
  const fallback = known?.best ?? candidates[0];
  const tried = new Set([...(known?.tried ?? []), name(fallback)]);
  const others = candidates.filter((variant) => !tried.has(name(variant)));
  const compiling = others.map(() => undefined as Promise<Dispatch[] | undefined> | undefined);
  const compile = (at: number) => {
    const variant = others[at];
    if (variant !== undefined) compiling[at] ??= comparison.steps(variant).catch(() => undefined);
    return compiling[at];
  };
  const first = await comparison.steps(fallback);
  const expected = await comparison.output(first);
  const measured: [Measured<V>, ...Measured<V>[]] = [
    { variant: fallback, microseconds: await timeSteps(gpu, first) },
  ];
  for (const [at, variant] of others.entries()) {
    if (performance.now() > deadline) break;
    for (let next = at; next < at + compiledAhead; next++) void compile(next);
    const steps = await compile(at);
    tried.add(name(variant));
    if (!steps || !agrees(await comparison.output(steps), expected)) continue;
    measured.push({ variant, microseconds: await timeSteps(gpu, steps) });
  }
  await Promise.all(compiling);
  measured.sort((left, right) => left.microseconds - right.microseconds);
  const complete = candidates.every((variant) => tried.has(name(variant)));
  return { measured, best: measured[0].variant, tried: [...tried], complete };
}

/** Work shorter than this is repeated. */
const leastMilliseconds = 3;
const tolerance = 1e-3;

function timeSteps({ device }: Gpu, steps: readonly Dispatch[]): Promise<number> {
  return leastMicroseconds(device, leastMilliseconds, () => submit(device, steps, 'tune'));
}

/** Within rounding of the largest value: other orders of summation differ there, other answers far above. */
function agrees(found: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  return expected.every((value, row) => Math.abs(value - (found[row] as number)) <= tolerance * largest);
}
