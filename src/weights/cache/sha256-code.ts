import { type WasmFunction, wasm } from '../../lib/index.ts';
import { roundConstants } from './sha256.ts';

const { add, and, branchIf, constant, end, get, i32, lessThan, load, loop, or, rotateLeft } = wasm;
const { rotateRight, set, shiftRight, store, tee, xor } = wasm;

/** Bytes from 0 on: the state, eight words. */
const at = 0;
const stop = 1;
const state = (index: number) => 2 + (index & 7);
/** The message schedule: only the last sixteen words are needed. */
const word = (index: number) => 10 + (index & 15);
const sum = 26;
/** a ^ b of this round and of the one before, whose a is this round's b. */
const pair = (round: number) => 27 + (round & 1);

const rotated = (local: number, by: number) => [...get(local), ...constant(by), ...rotateRight];

/** Three rotations or, if `shifted`, two and a shift, combined by exclusive or. */
const sigma = (local: number, [first, second, third]: readonly number[], shifted = false) => [
  ...rotated(local, first as number),
  ...rotated(local, second as number),
  ...xor,
  ...get(local),
  ...constant(third as number),
  ...(shifted ? shiftRight : rotateRight),
  ...xor,
];

/** Word `index` of the block, whose bytes come with the highest first. */
const readWord = (index: number) => [
  ...[...get(at), ...load(4 * index), ...tee(sum), ...constant(8), ...rotateLeft],
  ...[...constant(0x00ff00ff), ...and],
  ...[...get(sum), ...constant(8), ...rotateRight, ...constant(0xff00ff00), ...and, ...or],
  ...set(word(index)),
];

const nextWord = (index: number) => [
  ...[...get(word(index)), ...sigma(word(index + 1), [7, 18, 3], true), ...add],
  ...[...get(word(index + 9)), ...add, ...sigma(word(index + 14), [17, 19, 10], true), ...add],
  ...set(word(index)),
];

/** The letters move on by one each round, which here only renames the locals. */
function round(index: number): number[] {
  const letter = (place: number) => state(place - index);
  const [a, b, d, e, f, g, h] = [0, 1, 3, 4, 5, 6, 7].map(letter) as [number, ...number[]] & number[];
  const choose = [...get(f!), ...get(g!), ...xor, ...get(e!), ...and, ...get(g!), ...xor];
  const majority = [
    ...[...get(a), ...get(b!), ...xor, ...tee(pair(index)), ...get(pair(index + 1)), ...and],
    ...[...get(b!), ...xor],
  ];
  return [
    ...(index < 16 ? readWord(index) : nextWord(index)),
    ...[...get(h!), ...get(word(index)), ...add, ...constant(roundConstants[index] as number), ...add],
    ...[...choose, ...add, ...sigma(e!, [6, 11, 25]), ...add, ...tee(sum)],
    ...[...get(d!), ...add, ...set(d!)],
    ...[...get(sum), ...sigma(a, [2, 13, 22]), ...add, ...majority, ...add, ...set(h!)],
  ];
}

/**
 * SHA-256's compression, unrolled. `mix(at, stop)` takes the blocks of 64 bytes from `at` to `stop`, at least one, into
 * the state at 0.
 */
export function sha256Module(): Uint8Array<ArrayBuffer> {
  const each = (of: (index: number) => number[], count: number) =>
    Array.from({ length: count }, (_, index) => of(index)).flat();
  const mix: WasmFunction = {
    name: 'mix',
    parameters: 2,
    locals: [[27, i32]],
    body: [
      ...loop,
      ...each((index) => [...constant(0), ...load(4 * index), ...set(state(index))], 8),
      // Before the first round: b ^ c.
      ...[...get(state(1)), ...get(state(2)), ...xor, ...set(pair(1))],
      ...each(round, 64),
      ...each(
        (index) => [
          ...[...constant(0), ...constant(0), ...load(4 * index), ...get(state(index)), ...add],
          ...store(4 * index),
        ],
        8,
      ),
      ...[...get(at), ...constant(64), ...add, ...tee(at), ...get(stop), ...lessThan, ...branchIf],
      ...end,
    ],
  };
  return wasm.assembleModule([mix]);
}
