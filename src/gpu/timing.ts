const rounds = 3;

/**
 * Microseconds of what `run` submits: the least of a few rounds, since whatever disturbs only adds. Work that takes less
 * than `leastMilliseconds` is repeated, for timers are coarse.
 */
export async function leastMicroseconds(
  device: GPUDevice,
  leastMilliseconds: number,
  run: () => void,
): Promise<number> {
  let repeat = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; ) {
    const started = performance.now();
    for (let i = 0; i < repeat; i++) run();
    await device.queue.onSubmittedWorkDone();
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
