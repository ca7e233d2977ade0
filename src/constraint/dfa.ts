import { VitrineError } from '../lib/index.ts';
import { automatonHeader, stateFlags } from '../sampling/index.ts';
import { type Nfa, tooLarge } from './nfa.ts';

/** Most states, and most words of the table. */
export const mostDfaStates = 20_000;
const mostWords = 2 ** 22;
/** Most states of the automaton as written, counted once for each state that stands for several. */
const mostWork = 4_000_000;

/** A deterministic automaton over classes of bytes; the tables of {@link TokenAutomaton}. */
export interface Dfa {
  table: Uint32Array<ArrayBuffer>;
  classes: number;
  states: number;
}

/** @throws VitrineError `invalid-argument` when it grows too large, or no text matches */
export function determinise(nfa: Nfa): Dfa {
  const classOf = byteClasses(nfa);
  const classes = 1 + Math.max(...classOf);
  const { next, accepts } = subsets(nfa, classOf, classes);
  const reaches = reachingEnd(next, accepts);
  if (!reaches[0]) throw new VitrineError('invalid-argument', 'No text matches the constraint.');
  return pack(next, accepts, reaches, classOf, classes);
}

/** Bytes that no step tells apart have one class. */
function byteClasses({ steps }: Nfa): number[] {
  const starts = new Uint8Array(257);
  starts[0] = 1;
  for (const all of steps)
    for (const {
      range: [first, last],
    } of all) {
      starts[first] = 1;
      starts[last + 1] = 1;
    }
  let current = -1;
  return Array.from({ length: 256 }, (_, byte) => {
    current += starts[byte] as number;
    return current;
  });
}

function subsets(nfa: Nfa, classOf: readonly number[], classes: number) {
  const known = new Map<string, number>();
  const sets: number[][] = [];
  const next: Int32Array[] = [];
  const accepts: boolean[] = [];
  let work = 0;
  const numberOf = (states: readonly number[]): number => {
    const closed = closure(nfa, states);
    work += closed.length;
    if (work > mostWork) throw tooLarge(`${mostWork} steps to be built`);
    const key = closed.join();
    const found = known.get(key);
    if (found !== undefined) return found;
    if (sets.length >= mostDfaStates) throw tooLarge(`${mostDfaStates} states`);
    if ((sets.length + 1) * (classes + 1) > mostWords) throw tooLarge(`${mostWords} table entries`);
    known.set(key, sets.length);
    accepts.push(closed.includes(nfa.end));
    return sets.push(closed) - 1;
  };
  numberOf([0]);
  for (let state = 0; state < sets.length; state++) {
    const targets = Array.from({ length: classes }, (): number[] => []);
    for (const from of sets[state] as number[])
      for (const { range, to } of nfa.steps[from] ?? [])
        for (let each = classOf[range[0]] as number; each <= (classOf[range[1]] as number); each++)
          targets[each]?.push(to);
    next.push(Int32Array.from(targets, (to) => (to.length > 0 ? numberOf(to) : -1)));
  }
  return { next, accepts };
}

/** The states with steps, and the end, that empty steps reach; ascending. */
function closure({ empty, steps, end }: Nfa, states: readonly number[]): number[] {
  const seen = new Set(states);
  for (const state of seen) for (const to of empty[state] ?? []) seen.add(to);
  const telling = [...seen].filter((state) => state === end || (steps[state] ?? []).length > 0);
  return telling.sort((left, right) => left - right);
}

/** Which states some text leads from to an end. */
function reachingEnd(next: readonly Int32Array[], accepts: readonly boolean[]): boolean[] {
  const from: number[][] = next.map(() => []);
  for (const [state, row] of next.entries())
    for (const to of new Set(row)) if (to >= 0) from[to]?.push(state);
  return backward(from, accepts);
}

/** States from which one that accepts is reached, given which states lead to each. */
export function backward(from: readonly (readonly number[])[], accepts: readonly boolean[]): boolean[] {
  const reaches = accepts.map(Boolean);
  const todo = accepts.flatMap((yes, state) => (yes ? [state] : []));
  for (let state = todo.pop(); state !== undefined; state = todo.pop())
    for (const before of from[state] ?? []) {
      if (reaches[before]) continue;
      reaches[before] = true;
      todo.push(before);
    }
  return reaches;
}

function pack(
  next: readonly Int32Array[],
  accepts: readonly boolean[],
  reaches: readonly boolean[],
  classOf: readonly number[],
  classes: number,
): Dfa {
  let count = 0;
  const place = reaches.map((yes) => (yes ? count++ : -1));
  const table = new Uint32Array(automatonHeader + count * (classes + 1));
  table.set(classOf);
  for (const [state, row] of next.entries()) {
    const to = place[state] as number;
    if (to < 0) continue;
    const at = automatonHeader + to * (classes + 1);
    table[at] = (accepts[state] ? stateFlags.accepts : 0) | stateFlags.live;
    for (const [each, target] of row.entries())
      table[at + 1 + each] = target < 0 ? 0 : (place[target] ?? -1) + 1;
  }
  return { table, classes, states: count };
}
