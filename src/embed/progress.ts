import type { LoadProgress } from '../engine/index.ts';
import { formatProgress } from '../lib/index.ts';

/** How far a load is, in words for the element's status. */
export function progressText(progress: LoadProgress): string {
  const { phase, loadedBytes, totalBytes } = progress;
  if (phase === 'ready') return 'Writing';
  if (!(totalBytes > 0)) return 'Loading the model';
  // All there, and not ready: kernels are being compiled.
  return loadedBytes < totalBytes ? `Loading ${formatProgress(progress)}` : 'Preparing the model';
}
