/** Watches streamed text for stop strings. */
export interface StopMatcher {
  /**
   * Takes the next piece and returns the text that is certain. Text that may begin a stop string is withheld until more
   * is known. Once `stopped`, the stop string and everything after it are dropped, now and in later calls.
   */
  push(piece: string): { text: string; stopped: boolean };
  /** Ends the text and returns what was withheld. Empty after a stop. */
  end(): string;
}

/**
 * The text ends before the stop string that is complete first; if several are complete at the same character, before the
 * one that begins first. The result does not depend on how the text is split into pieces.
 *
 * @param stops strings that are not empty
 */
export function createStopMatcher(stops: readonly string[]): StopMatcher {
  let withheld = '';
  let stopped = false;
  return {
    push(piece) {
      if (stopped) return { text: '', stopped };
      const text = withheld + piece;
      const cut = firstStop(text, stops);
      stopped = cut !== undefined;
      const shown = cut ?? text.length - possibleBeginning(text, stops);
      withheld = stopped ? '' : text.slice(shown);
      return { text: text.slice(0, shown), stopped };
    },
    end() {
      const rest = withheld;
      withheld = '';
      return rest;
    },
  };
}

/** Where the text ends, if it contains a stop string. */
function firstStop(text: string, stops: readonly string[]): number | undefined {
  let first: { start: number; end: number } | undefined;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    if (start < 0) continue;
    const end = start + stop.length;
    if (!first || end < first.end || (end === first.end && start < first.start)) first = { start, end };
  }
  return first?.start;
}

/** Length of the longest suffix of the text that begins a stop string. */
function possibleBeginning(text: string, stops: readonly string[]): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--)
      if (text.endsWith(stop.slice(0, length))) longest = length;
  }
  return longest;
}
