import { type WasmFunction, wasm } from '../../lib/index.ts';
import { inputBytes, quantiseFunctions } from './input-code.ts';
import { panelRows } from './packed-matrix.ts';
import { tiles } from './simd-code.ts';
import type { WeightForm } from './weight-form.ts';

const { add, branchIf, constant, end, get, i32, leb, lessThan, loop, multiply, set, simd, v128 } = wasm;

/** As of the f32 tiles; x lies as `input-code.ts` writes it. */
const [w, wStride, x, xEnd, y, yStride] = [0, 1, 2, 3, 4, 5] as const;
const parameters = 6;
const pairsEnd = 6;

const load = (offset: number) => simd(0x00, 0x02, ...leb(offset));
/** Eight signed bytes as int16. */
const loadBytes = (offset: number) => simd(0x01, 0x00, ...leb(offset));
const loadSplat = (offset: number) => simd(0x09, 0x02, ...leb(offset));
const store = (offset: number) => simd(0x0b, 0x02, ...leb(offset));
const zero = simd(0x0c, ...new Array<number>(16).fill(0));
const nibble = simd(0x0c, ...Array.from({ length: 16 }, (_, i) => (i % 2 ? 0 : 15)));
const and = simd(0x4e);
const shiftRight = simd(0x8d);
const addIntegers = simd(0xae);
/** a0 b0 + a1 b1, a2 b2 + a3 b3, … of int16 in int32. */
const dotPairs = simd(0xba);
const addFloats = simd(0xe4);
const multiplyFloats = simd(0xe6);
const toFloats = simd(0xfa);

const step = (local: number, bytes: number) => [...get(local), ...constant(bytes), ...add, ...set(local)];

/** The locals of a tile, and its code repeated for each of its panels, rows and halves of a panel. */
function layoutOf(form: WeightForm, panels: number, rows: number) {
  const pointer = (panel: number) => pairsEnd + 1 + panel;
  const vectors = pointer(panels);
  const at = (panel: number, row: number, half: number) => (row * panels + panel) * 2 + half;
  const input = vectors + 2 * panels * rows;
  return {
    form,
    rows,
    pointer,
    sum: (panel: number, row: number, half: number) => vectors + at(panel, row, half),
    input,
    weight: (half: number) => input + 1 + half,
    packed: (half: number) => input + 3 + half,
    halves: (of: (half: number) => number[]) => [...of(0), ...of(1)],
    each: (of: (panel: number, half: number) => number[]) =>
      Array.from({ length: panels * 2 }, (_, i) => of(i >> 1, i & 1)).flat(),
    all: (of: (row: number) => number[]) => Array.from({ length: rows }, (_, row) => of(row)).flat(),
    pointers: (of: (panel: number) => number[]) =>
      Array.from({ length: panels }, (_, panel) => of(panel)).flat(),
    locals: [
      [1 + panels, i32],
      [2 * panels * rows + 5, v128],
    ] as const,
  };
}

type Layout = ReturnType<typeof layoutOf>;

/** One pair of columns in int8. More a round, or all inputs loaded first, and sums would leave the registers. */
function addBytes({ rows, pointer, sum, input, weight, halves, all, pointers }: Layout): number[] {
  return [
    ...(rows === 1 ? [...get(x), ...loadSplat(0), ...set(input)] : []),
    ...pointers((panel) => [
      ...[...get(pointer(panel)), ...loadBytes(0), ...set(weight(0))],
      ...[...get(pointer(panel)), ...loadBytes(8), ...set(weight(1))],
      ...all((row) => [
        ...(rows === 1 ? [] : [...get(x), ...loadSplat(4 * row), ...set(input)]),
        ...halves((half) => [
          ...[...get(sum(panel, row, half)), ...get(weight(half)), ...get(input)],
          ...[...dotPairs, ...addIntegers, ...set(sum(panel, row, half))],
        ]),
      ]),
    ]),
  ];
}

/** Four pairs of columns in int4: the nibbles of a row's 16 bits, lowest first, are its columns of the pairs. */
function addNibbles({ rows, pointer, sum, input, weight, packed, halves, all, pointers }: Layout): number[] {
  const unpacked = (half: number, pair: number) => [
    ...[...get(packed(half)), ...(pair > 0 ? [...constant(4 * pair), ...shiftRight] : [])],
    ...[...(pair < 3 ? [...nibble, ...and] : []), ...set(weight(half))],
  ];
  return pointers((panel) => [
    ...halves((half) => [...get(pointer(panel)), ...load(16 * half), ...set(packed(half))]),
    ...[0, 1, 2, 3].flatMap((pair) => [
      ...halves((half) => unpacked(half, pair)),
      ...all((row) => [
        ...[...get(x), ...loadSplat(4 * (pair * rows + row)), ...set(input)],
        ...halves((half) => [
          ...[...get(sum(panel, row, half)), ...get(weight(half)), ...get(input)],
          ...[...dotPairs, ...addIntegers, ...set(sum(panel, row, half))],
        ]),
      ]),
    ]),
  ]);
}

/**
 * The sums of a group, scaled, into the sums over groups. Those are in memory: with them in locals too, the inner loop
 * would run out of registers.
 */
function addGroup({ form, rows, pointer, sum, weight, each, all }: Layout): number[] {
  const output = (row: number) =>
    row === 0 ? get(y) : [...get(y), ...get(yStride), ...constant(row), ...multiply, ...add];
  const outputAt = (panel: number, half: number) => 32 * panel + 16 * half;
  const shifted = (row: number) =>
    form.sumShift === undefined ? [] : [...get(x), ...loadSplat(4 * (rows + row)), ...addIntegers];
  return each((panel, half) => [
    ...[...get(pointer(panel)), ...load(16 * half), ...set(weight(0))],
    ...all((row) => [
      ...[...output(row), ...output(row), ...load(outputAt(panel, half))],
      ...[...get(sum(panel, row, half)), ...shifted(row), ...toFloats],
      ...[...get(weight(0)), ...get(x), ...loadSplat(4 * row)],
      ...[...multiplyFloats, ...multiplyFloats, ...addFloats, ...store(outputAt(panel, half))],
    ]),
  ]);
}

/**
 * y[t][row] += Σ over groups of scale(w) scale(x) Σ w[row][k] x[t][k], the inner sums in integers. A vector holds four
 * rows' sums: the weights of two columns of a row are neighbours, and a pair of x is in all lanes.
 */
function tile(form: WeightForm, panels: number, rows: number): WasmFunction {
  const { groupColumns, weightBytes, stepPairs } = form;
  const layout = layoutOf(form, panels, rows);
  const { pointer, sum, each, all, pointers, locals } = layout;
  const body = [
    ...pointers((panel) => [
      ...[...get(w), ...get(wStride), ...constant(panel), ...multiply, ...add],
      ...set(pointer(panel)),
    ]),
    ...loop,
    ...all((row) => each((panel, half) => [...zero, ...set(sum(panel, row, half))])),
    ...[...get(x), ...constant(2 * groupColumns * rows), ...add, ...set(pairsEnd)],
    ...[...loop, ...(form.name === 'int8' ? addBytes(layout) : addNibbles(layout))],
    ...pointers((panel) => step(pointer(panel), (weightBytes * 2 * stepPairs) / groupColumns)),
    ...step(x, 4 * rows * stepPairs),
    ...[...get(x), ...get(pairsEnd), ...lessThan, ...branchIf, ...end],
    ...[...addGroup(layout), ...pointers((panel) => step(pointer(panel), 4 * panelRows))],
    ...[
      ...step(x, (inputBytes(form) - 2 * groupColumns) * rows),
      ...get(x),
      ...get(xEnd),
      ...lessThan,
      ...branchIf,
      ...end,
    ],
  ];
  return { name: `${panels}x${rows}`, parameters, locals, body };
}

/** The module of the products with weights in this form: imports a memory as `m.m`, exports every tile. */
export function quantisedModule(form: WeightForm, shared: boolean): Uint8Array<ArrayBuffer> {
  const functions = tiles.map(({ panels, rows }) => tile(form, panels, rows));
  return wasm.assembleModule([...functions, ...quantiseFunctions(form)], shared);
}
