import { type WasmFunction, wasm } from '../../lib/index.ts';

const { add, branchIf, constant, end, get, leb, lessThan, loop, set, simd, v128 } = wasm;

const load = (offset: number) => simd(0x00, 0x04, ...leb(offset));
const store = (offset: number) => simd(0x0b, 0x04, ...leb(offset));
const storeLane = (offset: number, lane: number) => simd(0x5a, 0x02, ...leb(offset), lane);
const shuffle = (words: readonly number[]) =>
  simd(0x0d, ...words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]));
const splat = (value: number) => {
  const bytes = [...new Uint8Array(Float32Array.of(value).buffer)];
  return simd(0x0c, ...bytes, ...bytes, ...bytes, ...bytes);
};
const ones = simd(0x0c, ...Array.from({ length: 16 }, (_, i) => 1 - (i % 2)));
const nearest = simd(0x6a);
const toShorts = simd(0x85);
const shiftLeft = simd(0xab);
const addIntegers = simd(0xae);
const dotPairs = simd(0xba);
const absolute = simd(0xe0);
const multiplyFloats = simd(0xe6);
const divide = simd(0xe7);
const maximum = simd(0xe9);
const toIntegers = simd(0xf8);
const negate = simd(0xa1);

/** Largest magnitude of a quantised input: the sum over a group stays below 2^31. */
export const inputLevels = 32767;

/** How inputs are quantised for a form of weights. */
export interface InputForm {
  /** Columns that share a scale. */
  groupColumns: number;
  /** What of the sum of a group's integers is stored after its scale, as the power of two it is multiplied by, negated. */
  sumShift: number | undefined;
}

/** Bytes of a group of one row of x: int16 and a scale, and the sum. */
export function inputBytes({ groupColumns, sumShift }: InputForm): number {
  return 2 * groupColumns + 4 + (sumShift === undefined ? 0 : 4);
}

/**
 * Quantises one row of x, `x` to `xEnd`, in int16 by groups. Of `together` rows the pairs of columns are interleaved,
 * and each group is followed by the rows' scales (and sums); `to` is the row's first pair.
 */
function quantise(form: InputForm, together: 1 | 4): WasmFunction {
  const { groupColumns, sumShift } = form;
  const [x, xEnd, to] = [0, 1, 2] as const;
  const [largest, factor, value, sum] = [3, 4, 5, 6] as const;
  const fold = (local: number, combine: number[]) =>
    [[2, 3, 0, 1] as const, [1, 0, 3, 2] as const].flatMap((lanes) => [
      ...[...get(local), ...get(local), ...get(local), ...shuffle(lanes), ...combine, ...set(local)],
    ]);
  const four = (offset: number) => [
    ...[...get(x), ...load(offset), ...get(factor), ...multiplyFloats, ...nearest, ...toIntegers],
  ];
  const storePairs = (eight: number) =>
    together === 1
      ? [...get(to), ...get(value), ...store(16 * eight)]
      : [0, 1, 2, 3].flatMap((pair) => [
          ...[...get(to), ...get(value), ...storeLane(16 * (4 * eight + pair), pair)],
        ]);
  const eights = Array.from({ length: groupColumns / 8 }, (_, eight) => eight);
  const scaleAt = 2 * groupColumns * together;
  const body = [
    ...loop,
    ...[...splat(0), ...set(largest)],
    ...Array.from({ length: groupColumns / 4 }, (_, i) => [
      ...[...get(largest), ...get(x), ...load(16 * i), ...absolute, ...maximum, ...set(largest)],
    ]).flat(),
    ...fold(largest, maximum),
    ...[...splat(inputLevels), ...get(largest), ...divide, ...set(factor)],
    ...(sumShift === undefined ? [] : [...splat(0), ...set(sum)]),
    ...eights.flatMap((eight) => [
      ...[...four(32 * eight), ...four(32 * eight + 16), ...toShorts, ...set(value), ...storePairs(eight)],
      ...(sumShift === undefined
        ? []
        : [...get(sum), ...get(value), ...ones, ...dotPairs, ...addIntegers, ...set(sum)]),
    ]),
    ...[...get(to), ...get(largest), ...splat(inputLevels), ...divide, ...storeLane(scaleAt, 0)],
    ...(sumShift === undefined
      ? []
      : [
          ...fold(sum, addIntegers),
          ...[...get(to), ...get(sum), ...constant(sumShift), ...shiftLeft, ...negate],
          ...storeLane(scaleAt + 4 * together, 0),
        ]),
    ...[...get(to), ...constant(together * inputBytes(form)), ...add, ...set(to)],
    ...[...get(x), ...constant(4 * groupColumns), ...add, ...set(x)],
    ...[...get(x), ...get(xEnd), ...lessThan, ...branchIf, ...end],
  ];
  return { name: `quantise${together}`, parameters: 3, locals: [[4, v128]], body };
}

export function quantiseFunctions(form: InputForm): WasmFunction[] {
  return [quantise(form, 1), quantise(form, 4)];
}
