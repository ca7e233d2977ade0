import type { LoadProgress } from '../engine/index.ts';

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** How far a load is: `4.2 of 11.8 MB, 3.1 MB/s, 2 s left`; rate and rest once they are known. */
export function progressText(progress: LoadProgress): string {
  const { phase, loadedBytes, totalBytes, bytesPerSecond, secondsLeft, fromCache } = progress;
  if (phase === 'ready') return 'Writing';
  if (!(totalBytes > 0)) return 'Loading the model';
  // All there, and not ready: kernels are being compiled.
  if (loadedBytes >= totalBytes) return 'Preparing the model';
  const rate = bytesPerSecond > 0 && !fromCache ? `, ${megabytes(bytesPerSecond)} MB/s` : '';
  const left = secondsLeft !== undefined && secondsLeft > 1 ? `, ${Math.round(secondsLeft)} s left` : '';
  return `Loading ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB${rate}${left}`;
}
