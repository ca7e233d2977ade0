import type { LoadProgress } from '../engine/index.ts';
import { formatProgress } from '../lib/index.ts';

/** Load progress as status text. */
export function progressText(progress: LoadProgress): string {
  const { phase, loadedBytes, totalBytes } = progress;
  if (phase === 'ready') return 'Writing';
  if (!(totalBytes > 0)) return 'Loading the model';
  // All bytes are loaded; kernels are still compiling.
  return loadedBytes < totalBytes ? `Loading ${formatProgress(progress)}` : 'Preparing the model';
}
