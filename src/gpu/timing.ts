import { queueDone, waitResolution } from './wait.ts';

const rounds = 3;
/** Minimum ratio of measured work to the queue's possible delay. */
const resolutions = 4;

/**
 * Microseconds of the work that `run` submits: the minimum of a few rounds, since noise only adds time. Work shorter
 * than `leastMilliseconds` is repeated, because timers are coarse.
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
