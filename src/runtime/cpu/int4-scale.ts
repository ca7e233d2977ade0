import { f16ToNumber, numberToF16, wasm } from '../../lib/index.ts';

const { add, branchIf, constant, end, get, leb, lessThan, loop, set, simd, tee, v128 } = wasm;

/** Weights that share a scale. */
const groupSize = 32;
const candidates = 11;

/** Adding and taking it away rounds to an integer, halves to even, as WGSL and WebAssembly do. */
const rounding = 1.5 * 2 ** 52;

export function nearest(value: number): number {
  return value + rounding - rounding;
}

/** Squared errors of a group at several scales: `errors[i]` of `scales[i]`. */
interface ErrorsOf {
  values: Float32Array;
  scales: Float32Array;
  errors: Float32Array;
  compute(): void;
}

/**
 * The scale of up to 32 weights in int4, an f16 with a sign, as on the GPU: of eleven that map the weight of largest
 * magnitude to between -6 and -8.5 the one of least squared error; 1 when all are zero.
 */
export function int4Scale(weights: Float32Array): number {
  let largest = 0;
  for (let k = 0; k < weights.length; k++)
    if (Math.abs(weights[k]!) > Math.abs(largest)) largest = weights[k]!;
  if (Math.abs(largest) < 1e-7) return 1;
  errorsOf ??= simdErrors() ?? plainErrors();
  const { values, scales, errors } = errorsOf;
  values.set(weights);
  values.fill(0, weights.length);
  for (let i = 0; i < candidates; i++) scales[i] = f16ToNumber(numberToF16(largest / -(6 + 0.25 * i)));
  errorsOf.compute();
  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < candidates; i++)
    if (errors[i]! < least) {
      least = errors[i]!;
      best = scales[i]!;
    }
  return best;
}

let errorsOf: ErrorsOf | undefined;

function operands(buffer: ArrayBuffer) {
  return {
    values: new Float32Array(buffer, 0, groupSize),
    scales: new Float32Array(buffer, 4 * groupSize, candidates),
    errors: new Float32Array(buffer, 8 * groupSize, candidates),
  };
}

function plainErrors(): ErrorsOf {
  const { values, scales, errors } = operands(new ArrayBuffer(12 * groupSize));
  const compute = () => {
    for (let i = 0; i < candidates; i++) {
      const scale = scales[i]!;
      let error = 0;
      for (let k = 0; k < groupSize; k++) {
        const level = Math.max(-8, Math.min(7, nearest(values[k]! / scale)));
        error += (values[k]! - level * scale) ** 2;
      }
      errors[i] = error;
    }
  };
  return { values, scales, errors, compute };
}

/** undefined where the platform has no SIMD or its policy allows no WebAssembly. */
function simdErrors(): ErrorsOf | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    const module = new WebAssembly.Module(wasm.assembleModule([errorsFunction()]));
    const memory = new WebAssembly.Memory({ initial: 1 });
    const { exports } = new WebAssembly.Instance(module, { m: { m: memory } });
    const { errors } = exports as Record<string, (scale: number, end: number) => void>;
    const from = 4 * groupSize;
    return { ...operands(memory.buffer), compute: () => errors?.(from, from + 4 * candidates) };
  } catch {
    return undefined;
  }
}

/** For each scale from address `scale` to `end`, the squared error of the values at 0. */
function errorsFunction(): wasm.WasmFunction {
  const [scale, last, factor, value, error] = [0, 1, 2, 3, 4] as const;
  const splat = (number: number) => {
    const bytes = [...new Uint8Array(Float32Array.of(number).buffer)];
    return simd(0x0c, ...bytes, ...bytes, ...bytes, ...bytes);
  };
  const load = (offset: number) => simd(0x00, 0x02, ...leb(offset));
  const loadSplat = simd(0x09, 0x02, 0x00);
  const storeLane = simd(0x5a, 0x02, ...leb(4 * groupSize), 0x00);
  const [nearestVector, sum, subtract] = [simd(0x6a), simd(0xe4), simd(0xe5)];
  const [multiply, divide, minimum, maximum] = [simd(0xe6), simd(0xe7), simd(0xe8), simd(0xe9)];
  const swap = (...words: number[]) =>
    simd(0x0d, ...words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]));
  const fold = (...words: number[]) => [
    ...[...get(error), ...get(error), ...get(error), ...swap(...words), ...sum, ...set(error)],
  ];
  const vectors = Array.from({ length: groupSize / 4 }, (_, i) => [
    ...[...constant(0), ...load(16 * i), ...tee(value), ...get(value), ...get(factor), ...divide],
    ...[...nearestVector, ...splat(7), ...minimum, ...splat(-8), ...maximum],
    ...[...get(factor), ...multiply, ...subtract, ...tee(value), ...get(value), ...multiply],
    ...[...get(error), ...sum, ...set(error)],
  ]).flat();
  const body = [
    ...[...loop, ...get(scale), ...loadSplat, ...set(factor), ...splat(0), ...set(error), ...vectors],
    ...[...fold(2, 3, 0, 1), ...fold(1, 0, 3, 2), ...get(scale), ...get(error), ...storeLane],
    ...[...get(scale), ...constant(4), ...add, ...tee(scale), ...get(last), ...lessThan, ...branchIf, ...end],
  ];
  return { name: 'errors', parameters: 2, locals: [[3, v128]], body };
}
