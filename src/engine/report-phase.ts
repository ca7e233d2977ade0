import type { Checkpoint, LoadPhase, LoadProgress } from '../weights/index.ts';

/** Reports a phase of the load after all bytes have arrived. */
export function reportPhase(
  onProgress: ((progress: LoadProgress) => void) | undefined,
  { totalBytes }: Checkpoint,
  phase: LoadPhase,
  notices: readonly string[] = [],
): void {
  onProgress?.({
    phase,
    file: '',
    loadedBytes: totalBytes,
    totalBytes,
    bytesPerSecond: 0,
    fromCache: false,
    ...(notices.length ? { notice: notices.join(' ') } : {}),
  });
}
