import type { TokenAutomaton } from './types.ts';

/** Words of a table before the first state: the class of each byte. */
export const automatonHeader = 256;
/** Flags of a state. */
export const stateFlags = { accepts: 1, live: 2 } as const;
/** In `spans`, how many bytes a token has that ends the text instead. */
export const endsText = 255;

const banned = Number.NEGATIVE_INFINITY;

function flagsOf({ table, classes }: TokenAutomaton, state: number): number {
  return table[automatonHeader + state * (classes + 1)] as number;
}

/** The state after a token's bytes; undefined where they cannot come. */
export function nextState(automaton: TokenAutomaton, state: number, id: number): number | undefined {
  const { table, classes, bytes, spans } = automaton;
  const span = spans[id] ?? 0;
  const start = span >>> 8;
  let now = state;
  for (let at = start; at < start + (span & 0xff); at++) {
    const next = table[automatonHeader + now * (classes + 1) + 1 + (table[bytes[at] as number] as number)];
    if (!next) return undefined;
    now = next - 1;
  }
  return now;
}

/** Whether a token may come next. */
export function admits(automaton: TokenAutomaton, state: number, id: number): boolean {
  const length = (automaton.spans[id] ?? 0) & 0xff;
  if (length === endsText) return (flagsOf(automaton, state) & stateFlags.accepts) !== 0;
  if (length === 0) return false;
  const next = nextState(automaton, state, id);
  return next !== undefined && (flagsOf(automaton, next) & stateFlags.live) !== 0;
}

/** Whether the text is whole in this state and nothing can follow. */
export function isComplete(automaton: TokenAutomaton, state: number): boolean {
  const { table, classes } = automaton;
  const at = automatonHeader + state * (classes + 1);
  const goesOn = table.subarray(at + 1, at + 1 + classes).some((next) => next !== 0);
  return (flagsOf(automaton, state) & stateFlags.accepts) !== 0 && !goesOn;
}

/** Bans every token that cannot come next. */
export function maskTokens(scores: Float32Array, automaton: TokenAutomaton | undefined, state = 0): void {
  if (!automaton) return;
  for (let id = 0; id < scores.length; id++) if (!admits(automaton, state, id)) scores[id] = banned;
}
