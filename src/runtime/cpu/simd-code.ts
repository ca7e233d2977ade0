/**
 * The WebAssembly module of the SIMD products, assembled from bytes: one function for each tile of
 * panels × rows of x. Few enough instructions to write by hand, and no compiler needed to build the project.
 */

/** Panels and rows of x that one call multiplies; named `{panels}x{rows}` among the exports. */
export const tiles = [
  { panels: 1, rows: 4 },
  { panels: 4, rows: 1 },
  { panels: 1, rows: 1 },
] as const;

const i32 = 0x7f;
const v128 = 0x7b;

/**
 * What a tile's function is called with, in this order; addresses and distances in bytes. Rows of x lie interleaved:
 * the first number of each, the second of each.
 */
const parameters = ['w', 'wStride', 'x', 'xEnd', 'y', 'yStride'] as const;
type Parameter = (typeof parameters)[number];
const local = (name: Parameter) => parameters.indexOf(name);

/** Unsigned LEB128. */
function leb(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const byte = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest ? byte | 0x80 : byte);
    if (!rest) return bytes;
  }
}

const text = (value: string) => [...leb(value.length), ...new TextEncoder().encode(value)];
const list = (items: readonly number[][]) => [...leb(items.length), ...items.flat()];
const section = (id: number, content: readonly number[]) => [id, ...leb(content.length), ...content];

const get = (index: number) => [0x20, ...leb(index)];
const set = (index: number) => [0x21, ...leb(index)];
const constant = (value: number) => [0x41, ...leb(value)];
const add = [0x6a];
const multiply = [0x6c];
const lessThan = [0x49];
const loop = [0x03, 0x40];
const branchIf = [0x0d, 0x00];
const end = [0x0b];
const loadVector = (offset: number) => [0xfd, 0x00, 0x02, ...leb(offset)];
const loadSplat = (offset: number) => [0xfd, 0x09, 0x02, ...leb(offset)];
const storeVector = (offset: number) => [0xfd, 0x0b, 0x02, ...leb(offset)];
const addVectors = [0xfd, 0xe4, 0x01];
const multiplyVectors = [0xfd, 0xe6, 0x01];

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
function tile(panels: number, rows: number): number[] {
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
      ...[...get(sum(panel, row, half)), ...get(input(row)), ...get(weight)],
      ...[...multiplyVectors, ...addVectors, ...set(sum(panel, row, half))],
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
    ...[...all(store), ...end],
  ];
  const locals = list([[...leb(panels * rows * 2 + rows + 1), v128]]);
  return [...leb(locals.length + body.length), ...locals, ...body];
}

/** The module: imports a memory as `m.m`, exports every tile. */
export function simdModule(): Uint8Array<ArrayBuffer> {
  const type = [0x60, ...list(parameters.map(() => [i32])), 0x00];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([type])),
    ...section(2, list([[...text('m'), ...text('m'), 0x02, 0x00, 0x01]])),
    ...section(3, list(tiles.map(() => [0x00]))),
    ...section(
      7,
      list(tiles.map(({ panels, rows }, index) => [...text(`${panels}x${rows}`), 0x00, ...leb(index)])),
    ),
    ...section(10, list(tiles.map(({ panels, rows }) => tile(panels, rows)))),
  ]);
}
