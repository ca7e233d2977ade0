import { queueDone, waitResolution } from './wait.ts';

const rounds = 3;
/** Work lasts so many times what its end may be late by. */
const resolutions = 4;

/**
 * Microseconds of what `run` submits: the least of a few rounds, since whatever disturbs only adds. Work that takes less
 * than `leastMilliseconds` is repeated, for timers are coarse.
 */
export async function leastMicroseconds(
  device: GPUDevice,
  leastMilliseconds: number,
  run: () => void,
): Promise<number> {
  const enough = Math.max(leastMilliseconds, resolutions * waitResolution(device));
  let repeat = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; ) {
    const started = performance.now();
    for (let i = 0; i < repeat; i++) run();
    await queueDone(device);
    const milliseconds = performance.now() - started;
    if (milliseconds < enough && repeat < 256) {
      repeat *= 4;
      continue;
    }
    least = Math.min(least, (milliseconds * 1000) / repeat);
    round++;
  }
  return least;
}
