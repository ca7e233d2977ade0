import { type Dispatch, type Gpu, leastMicroseconds, submit } from '../../../gpu/index.ts';

/** A benchmark for the variants of one kernel. */
export interface Comparison<V> {
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

/**
 * Times the candidates on this device, best first, the default always among them. Those the device cannot compile or
 * that give wrong results are skipped.
 */
export async function benchmark<V>(
  gpu: Gpu,
  comparison: Comparison<V>,
): Promise<[Measured<V>, ...Measured<V>[]]> {
  const [fallback, ...others] = comparison.candidates;
  const first = await comparison.steps(fallback);
  const expected = await comparison.output(first);
  const measured: [Measured<V>, ...Measured<V>[]] = [
    { variant: fallback, microseconds: await timeSteps(gpu, first) },
  ];
  for (const variant of others) {
    if (performance.now() > comparison.deadline) break;
    const steps = await comparison.steps(variant).catch(() => undefined);
    if (!steps || !agrees(await comparison.output(steps), expected)) continue;
    measured.push({ variant, microseconds: await timeSteps(gpu, steps) });
  }
  return measured.sort((left, right) => left.microseconds - right.microseconds);
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
