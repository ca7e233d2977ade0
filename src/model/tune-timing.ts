import { type Dispatch, type Gpu, submit } from '../gpu/index.ts';

const rounds = 3;
/** Work below this many milliseconds is repeated, for timers are coarse. */
const leastMilliseconds = 3;
const tolerance = 1e-3;

/** Microseconds of all steps: the least of a few rounds, since whatever disturbs only adds. */
export async function timeSteps(gpu: Gpu, steps: readonly Dispatch[]): Promise<number> {
  let repeat = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; ) {
    const started = performance.now();
    for (let i = 0; i < repeat; i++) submit(gpu.device, steps, 'tune');
    await gpu.device.queue.onSubmittedWorkDone();
    const milliseconds = performance.now() - started;
    if (milliseconds < leastMilliseconds && repeat < 256) {
      repeat *= 4;
      continue;
    }
    least = Math.min(least, (milliseconds * 1000) / repeat);
    round++;
  }
  return least;
}

/** Within rounding of the largest value: other orders of summation differ there, other answers far above. */
export function agrees(found: Float32Array, expected: Float32Array): boolean {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  return expected.every((value, row) => Math.abs(value - (found[row] as number)) <= tolerance * largest);
}
