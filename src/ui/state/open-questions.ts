import type { InsideData } from './inside-types.ts';
import type { PageStore } from './page-state.ts';

function isAsking({ inside }: InsideData): boolean {
  return Object.values(inside.busy).some(Boolean);
}

/**
 * Resolves when every question about the inside has its answer, or the signal fires. A generation that is not read from
 * meanwhile lets the questions go first; otherwise they wait until the text is finished.
 */
export function questionsAnswered(store: PageStore, signal: AbortSignal): Promise<void> | undefined {
  if (signal.aborted || !isAsking(store.getState())) return undefined;
  return new Promise((resolve) => {
    const end = () => {
      unsubscribe();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const unsubscribe = store.subscribe((state) => {
      if (!isAsking(state)) end();
    });
    signal.addEventListener('abort', end);
  });
}
