import { type WasmFunction, wasm } from '../../lib/index.ts';
import { tileFunctions } from './simd-code.ts';

const { add, branchIf, constant, end, get, i32, lessThan, loop, set, simd, tee, v128 } = wasm;

const load = simd(0x00, 0x04, 0x00);
const loadSplat = (offset: number) => simd(0x09, 0x02, offset);
const store = simd(0x0b, 0x04, 0x00);
const nearest = simd(0x6a);
const shiftLeft = simd(0xab);
const addIntegers = simd(0xae);
const squareRoot = simd(0xe3);
const addVectors = simd(0xe4);
const subtract = simd(0xe5);
const multiply = simd(0xe6);
const divide = simd(0xe7);
const minimum = simd(0xe8);
const maximum = simd(0xe9);
const toIntegers = simd(0xf8);

/** f32 in all four lanes. */
const splat = (value: number) => {
  const bytes = [...new Uint8Array(Float32Array.of(value).buffer)];
  return simd(0x0c, ...bytes, ...bytes, ...bytes, ...bytes);
};
const shuffle = (...words: number[]) =>
  simd(0x0d, ...words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]));

const exchanged = (local: number, lanes: number[], combine: number[]) => [
  ...[...get(local), ...get(local), ...get(local), ...shuffle(...lanes), ...combine, ...set(local)],
];

/** The lanes of a local combined into all of them, always in the same order. */
const fold = (local: number, combine: number[]) => [
  ...exchanged(local, [2, 3, 0, 1], combine),
  ...exchanged(local, [1, 0, 3, 2], combine),
];

/** Coefficients of e^r for |r| <= ln 2 / 2, highest power first; the relative error is below 2^-23. */
const powers = [1.98756915e-4, 1.39819995e-3, 8.33345191e-3, 4.16657959e-2, 1.66666655e-1, 5.00000012e-1];

/**
 * e^x of the vector on the stack, with x limited to [-86, 88], where the result is a normal number. x = n ln 2 + r, and
 * n goes into the exponent's bits.
 */
const exponential = (r: number, n: number) => [
  ...[...splat(88), ...minimum, ...splat(-86), ...maximum, ...tee(r)],
  ...[...splat(Math.LOG2E), ...multiply, ...nearest, ...set(n)],
  // ln 2 in two parts, the first of which times n is exact.
  ...[...get(r), ...get(n), ...splat(0.693359375), ...multiply, ...subtract],
  ...[...get(n), ...splat(-2.1219444e-4), ...multiply, ...subtract, ...set(r)],
  ...splat(powers[0] as number),
  ...powers.slice(1).flatMap((power) => [...get(r), ...multiply, ...splat(power), ...addVectors]),
  ...[...get(r), ...multiply, ...get(r), ...multiply, ...get(r), ...addVectors, ...splat(1), ...addVectors],
  ...[...get(n), ...toIntegers, ...constant(23), ...shiftLeft, ...addIntegers],
];

/** Runs `body` for every vector from local `from` up to local `to`; local `at` is its address. */
const forVectors = (at: number, from: number, to: number, body: number[]) => [
  ...[...get(from), ...set(at), ...loop, ...body],
  ...[...get(at), ...constant(16), ...add, ...tee(at), ...get(to), ...lessThan, ...branchIf, ...end],
];

/** x = softmax(x * scale) from `from` up to `to`, for a scale above 0. */
function softmax(): WasmFunction {
  const [from, to, scale, at] = [0, 1, 2, 3] as const;
  const [top, sum, value, r, n] = [4, 5, 6, 7, 8] as const;
  const body = [
    ...[...splat(Number.NEGATIVE_INFINITY), ...set(top)],
    ...forVectors(at, from, to, [...get(top), ...get(at), ...load, ...maximum, ...set(top)]),
    ...fold(top, maximum),
    ...forVectors(at, from, to, [
      ...[
        ...get(at),
        ...get(at),
        ...load,
        ...get(top),
        ...subtract,
        ...get(scale),
        ...loadSplat(0),
        ...multiply,
      ],
      ...[
        ...exponential(r, n),
        ...tee(value),
        ...store,
        ...get(sum),
        ...get(value),
        ...addVectors,
        ...set(sum),
      ],
    ]),
    ...fold(sum, addVectors),
    ...forVectors(at, from, to, [...get(at), ...get(at), ...load, ...get(sum), ...divide, ...store]),
  ];
  return {
    name: 'softmax',
    parameters: 3,
    locals: [
      [1, i32],
      [5, v128],
    ],
    body,
  };
}

/** x = x / (1 + e^(x (a + b x²))); a and b are at `coefficients`. */
function gate(): WasmFunction {
  const [from, to, coefficients, at] = [0, 1, 2, 3] as const;
  const [x, r, n] = [4, 5, 6] as const;
  const body = forVectors(at, from, to, [
    ...[...get(at), ...get(at), ...load, ...tee(x), ...splat(1), ...get(x)],
    ...[...get(coefficients), ...loadSplat(4), ...get(x), ...multiply, ...get(x), ...multiply],
    ...[...get(coefficients), ...loadSplat(0), ...addVectors, ...multiply],
    ...[...exponential(r, n), ...addVectors, ...divide, ...store],
  ]);
  return {
    name: 'gate',
    parameters: 3,
    locals: [
      [1, i32],
      [3, v128],
    ],
    body,
  };
}

/**
 * x = (x - mean) / sqrt(variance + epsilon) * weight + bias of one row. At `constants`: its width and epsilon; the
 * weights and the biases begin at `weight` and `bias`.
 */
function layerNorm(): WasmFunction {
  const [from, to, weight, bias, constants, at] = [0, 1, 2, 3, 4, 5] as const;
  const [mean, squares, difference] = [6, 7, 8] as const;
  const step = (local: number) => [...get(local), ...constant(16), ...add, ...set(local)];
  const width = [...get(constants), ...loadSplat(0)];
  const body = [
    ...forVectors(at, from, to, [...get(mean), ...get(at), ...load, ...addVectors, ...set(mean)]),
    ...[...fold(mean, addVectors), ...get(mean), ...width, ...divide, ...set(mean)],
    ...forVectors(at, from, to, [
      ...[...get(at), ...load, ...get(mean), ...subtract, ...set(difference)],
      ...[
        ...get(squares),
        ...get(difference),
        ...get(difference),
        ...multiply,
        ...addVectors,
        ...set(squares),
      ],
    ]),
    ...[...fold(squares, addVectors), ...splat(1), ...get(squares), ...width, ...divide],
    ...[...get(constants), ...loadSplat(4), ...addVectors, ...squareRoot, ...divide, ...set(squares)],
    ...forVectors(at, from, to, [
      ...[...get(at), ...get(at), ...load, ...get(mean), ...subtract, ...get(squares), ...multiply],
      ...[...get(weight), ...load, ...multiply, ...get(bias), ...load, ...addVectors, ...store],
      ...[...step(weight), ...step(bias)],
    ]),
  ];
  return {
    name: 'layerNorm',
    parameters: 5,
    locals: [
      [1, i32],
      [3, v128],
    ],
    body,
  };
}

/** The module of what is not a product with weights: imports a memory as `m.m`. */
export function vectorModule(): Uint8Array<ArrayBuffer> {
  return wasm.assembleModule([...tileFunctions(), softmax(), gate(), layerNorm()]);
}
