import type { Recording } from './recording.ts';
import type { View } from './view.ts';

const pauseMs = 45;

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Plays a recording at reading pace until it ends or the signal fires; shows it at once with reduced motion. */
export async function play(recording: Recording, view: View, signal: AbortSignal): Promise<void> {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  view.begin(recording.prompt);
  for (const token of recording.tokens) {
    if (signal.aborted) return;
    view.append(token, true);
    if (!still) await pause(pauseMs, signal);
  }
}
