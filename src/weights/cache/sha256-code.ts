import { type WasmFunction, wasm } from '../../lib/index.ts';

const { add, and, branchIf, constant, end, get, i32, lessThan, load, loop } = wasm;
const { rotateRight, set, simd, store, tee, v128, xor } = wasm;

/** Where the memory holds what: from 0 on the state, eight words; behind the blocks the schedule and its constants. */
export const blocksAt = 64;
export const pieceBytes = 32 * 1024;
const scheduleAt = blocksAt + pieceBytes;
export const constantsAt = scheduleAt + 256;

const at = 0;
const stop = 1;
const state = (index: number) => 2 + (index & 7);
const sum = 10;
/** a ^ b of this round and of the one before, whose a is this round's b. */
const pair = (round: number) => 11 + (round & 1);
/** Four words of the message schedule each: only the last sixteen words are needed. */
const words = (group: number) => 13 + (group & 3);
const held = 17;
/** Never set: zeros. */
const zeros = 18;

const rotated = (local: number, by: number) => [...get(local), ...constant(by), ...rotateRight];

/** Three rotations, combined by exclusive or. */
const sigma = (local: number, [first, second, third]: readonly number[]) => [
  ...rotated(local, first as number),
  ...[...rotated(local, second as number), ...xor],
  ...[...rotated(local, third as number), ...xor],
];

const shiftLeft4 = simd(171);
const shiftRight4 = simd(173);
const add4 = simd(174);
const xor4 = simd(81);
/** Sixteen bytes of two vectors. */
const shuffle = (bytes: readonly number[]) => simd(13, ...bytes);
/** Four words of two vectors. */
const shuffleWords = (...picked: number[]) =>
  shuffle(picked.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)));
const load4 = (offset: number) => simd(0, 0, ...wasm.leb(offset));
const store4 = (offset: number) => simd(11, 0, ...wasm.leb(offset));

/** Of the four words in `held`: two rotations and a shift, combined by exclusive or. */
const sigma4 = ([first, second, shift]: readonly [number, number, number]) => {
  const shifted = (by: number, direction: number[]) => [...get(held), ...constant(by), ...direction];
  return [
    ...shifted(shift, shiftRight4),
    ...[first, second].flatMap((by) => [
      ...[...shifted(by, shiftRight4), ...xor4],
      ...[...shifted(32 - by, shiftLeft4), ...xor4],
    ]),
  ];
};

/** Four words of the block, whose bytes come with the highest first. */
const readWords = (group: number) => [
  ...[...get(at), ...load4(16 * group), ...get(zeros)],
  ...shuffle([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]),
  ...set(words(group)),
];

/** The next four words; the last two of them need the first two. */
const nextWords = (group: number) => [
  ...[...get(words(group)), ...get(words(group + 1)), ...shuffleWords(1, 2, 3, 4), ...set(held)],
  ...[...sigma4([7, 18, 3]), ...get(words(group)), ...add4],
  ...[...get(words(group + 2)), ...get(words(group + 3)), ...shuffleWords(1, 2, 3, 4), ...add4],
  ...set(words(group)),
  ...[...get(words(group + 3)), ...set(held), ...sigma4([17, 19, 10])],
  ...[...get(zeros), ...shuffleWords(2, 3, 4, 4), ...get(words(group)), ...add4],
  ...[...set(held), ...get(zeros), ...sigma4([17, 19, 10]), ...shuffleWords(0, 0, 4, 5)],
  ...[...get(held), ...add4, ...set(words(group))],
];

/** The words of four rounds with their constants, to where the rounds read them. */
const schedule = (group: number) => [
  ...(group < 4 ? readWords(group) : nextWords(group)),
  ...[...constant(0), ...get(words(group)), ...constant(0), ...load4(constantsAt + 16 * group), ...add4],
  ...store4(scheduleAt + 16 * group),
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
    ...(index % 4 === 0 ? schedule(index / 4) : []),
    ...[...get(h!), ...constant(0), ...load(scheduleAt + 4 * index), ...add],
    ...[...choose, ...add, ...sigma(e!, [6, 11, 25]), ...add, ...tee(sum)],
    ...[...get(d!), ...add, ...set(d!)],
    ...[...get(sum), ...sigma(a, [2, 13, 22]), ...add, ...majority, ...add, ...set(h!)],
  ];
}

/**
 * SHA-256's compression, unrolled, the message schedule four words at a time. `mix(at, stop)` takes the blocks of 64 bytes from `at` to `stop`, at least one, into
 * the state at 0.
 */
export function sha256Module(): Uint8Array<ArrayBuffer> {
  const each = (of: (index: number) => number[], count: number) =>
    Array.from({ length: count }, (_, index) => of(index)).flat();
  const mix: WasmFunction = {
    name: 'mix',
    parameters: 2,
    locals: [
      [11, i32],
      [6, v128],
    ],
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
