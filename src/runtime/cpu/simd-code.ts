import { type WasmFunction, wasm } from '../../lib/index.ts';
import { packFunction } from './pack-code.ts';

const { add, branchIf, constant, end, get, leb, lessThan, loop, multiply, set, simd, v128 } = wasm;

/**
 * The WebAssembly module of the SIMD products, assembled from bytes: one function for each tile of
 * panels × rows of x.
 */

/** Panels and rows of x that one call multiplies; named `{panels}x{rows}` among the exports. */
export const tiles = [
  { panels: 1, rows: 4 },
  { panels: 4, rows: 1 },
  { panels: 1, rows: 1 },
] as const;

/**
 * What a tile's function is called with, in this order; addresses and distances in bytes. Rows of x lie interleaved:
 * the first number of each, the second of each.
 */
const parameters = ['w', 'wStride', 'x', 'xEnd', 'y', 'yStride'] as const;
type Parameter = (typeof parameters)[number];
const local = (name: Parameter) => parameters.indexOf(name);

const loadVector = (offset: number) => simd(0x00, 0x02, ...leb(offset));
const loadSplat = (offset: number) => simd(0x09, 0x02, ...leb(offset));
const storeVector = (offset: number) => simd(0x0b, 0x02, ...leb(offset));
const addVectors = simd(0xe4);
const multiplyVectors = simd(0xe6);
/** a b + c of relaxed SIMD: rounded once where the processor can, and then in half the time. */
const multiplyAdd = simd(0x105);

/** base + distance * count, on the stack. */
const address = (base: Parameter, distance: Parameter, count: number) =>
  count === 0
    ? get(local(base))
    : [...get(local(base)), ...get(local(distance)), ...constant(count), ...multiply, ...add];

const step = (name: Parameter, bytes: number) => [
  ...get(local(name)),
  ...constant(bytes),
  ...add,
  ...set(local(name)),
];

/**
 * y[t][row] = Σ w[row][k] x[t][k] for a tile: two vectors of four sums for every panel and row of x, in locals, and
 * each weight is loaded once for all rows. Columns are added one after the other, so that every tile gives a row the
 * same result to the bit.
 */
function tile(panels: number, rows: number, relaxed: boolean): WasmFunction {
  const sum = (panel: number, row: number, half: number) =>
    parameters.length + (row * panels + panel) * 2 + half;
  const input = (row: number) => parameters.length + panels * rows * 2 + row;
  const weight = input(rows);
  const each = (of: (panel: number, half: number) => number[]) =>
    Array.from({ length: panels * 2 }, (_, i) => of(i >> 1, i & 1)).flat();
  const all = (of: (row: number) => number[]) => Array.from({ length: rows }, (_, row) => of(row)).flat();
  const accumulate = each((panel, half) => [
    ...[...address('w', 'wStride', panel), ...loadVector(16 * half), ...set(weight)],
    ...all((row) => [
      ...(relaxed ? [] : get(sum(panel, row, half))),
      ...[...get(input(row)), ...get(weight)],
      ...(relaxed ? [...get(sum(panel, row, half)), ...multiplyAdd] : [...multiplyVectors, ...addVectors]),
      ...set(sum(panel, row, half)),
    ]),
  ]);
  const store = (row: number) =>
    each((panel, half) => [
      ...[...address('y', 'yStride', row), ...get(sum(panel, row, half))],
      ...storeVector(32 * panel + 16 * half),
    ]);
  const body = [
    ...[...loop, ...all((row) => [...get(local('x')), ...loadSplat(4 * row), ...set(input(row))])],
    ...[...accumulate, ...step('w', 32), ...step('x', 4 * rows)],
    ...[...get(local('x')), ...get(local('xEnd')), ...lessThan, ...branchIf, ...end],
    ...all(store),
  ];
  const vectors = panels * rows * 2 + rows + 1;
  return { name: `${panels}x${rows}`, parameters: parameters.length, locals: [[vectors, v128]], body };
}

/** @param relaxed whether the module may use relaxed SIMD */
export function tileFunctions(relaxed = relaxedSimd()): WasmFunction[] {
  return tiles.map(({ panels, rows }) => tile(panels, rows, relaxed));
}

let validated: boolean | undefined;

/** Whether the platform has relaxed SIMD. */
export function relaxedSimd(): boolean {
  validated ??= WebAssembly.validate(wasm.assembleModule([tile(1, 1, true)]));
  return validated;
}

/** The module: imports a memory as `m.m`, exports every tile and `pack`. */
export function simdModule(shared: boolean, relaxed?: boolean): Uint8Array<ArrayBuffer> {
  return wasm.assembleModule([...tileFunctions(relaxed), packFunction], shared);
}
