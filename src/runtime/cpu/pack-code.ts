import { type WasmFunction, wasm } from '../../lib/index.ts';
import { panelRows } from './packed-matrix.ts';

const { add, branchIf, constant, end, get, leb, lessThan, loop, set, simd, tee, v128 } = wasm;

/** Parameters, in bytes: where the eight rows begin and the first of them ends, and where their panel begins. */
const from = 0;
const stop = 1;
const to = 2;
const rowBytes = 3;
const row = 4;
const vector = (index: number) => 5 + index;

const loadVector = simd(0x00, 0x00, ...leb(0));
const storeVector = (offset: number) => simd(0x0b, 0x02, ...leb(offset));
/** Words of two vectors: 0 to 3 of the first, 4 to 7 of the second. */
const words = (...picked: number[]) =>
  simd(0x0d, ...picked.flatMap((word) => [0, 1, 2, 3].map((byte) => 4 * word + byte)));
const pair = (first: number, second: number, picked: number[]) => [
  ...get(vector(first)),
  ...get(vector(second)),
  ...picked,
];
const low = words(0, 4, 1, 5);
const high = words(2, 6, 3, 7);
const firstHalves = words(0, 1, 4, 5);
const secondHalves = words(2, 3, 6, 7);

/** Four columns of four rows, from the vectors `first` and on, to half a panel. */
function transpose(first: number, half: number): number[] {
  const mixed = panelRows;
  const [a, b, c, d] = [first, first + 1, first + 2, first + 3] as const;
  const column = (index: number, left: number, right: number, picked: number[]) => [
    ...[...get(to), ...pair(mixed + left, mixed + right, picked)],
    ...storeVector(4 * panelRows * index + 16 * half),
  ];
  return [
    ...[...pair(a, b, low), ...set(vector(mixed)), ...pair(c, d, low), ...set(vector(mixed + 1))],
    ...[...pair(a, b, high), ...set(vector(mixed + 2)), ...pair(c, d, high), ...set(vector(mixed + 3))],
    ...[...column(0, 0, 1, firstHalves), ...column(1, 0, 1, secondHalves)],
    ...[...column(2, 2, 3, firstHalves), ...column(3, 2, 3, secondHalves)],
  ];
}

const loadRows = Array.from({ length: panelRows }, (_, index) => [
  ...[...get(row), ...loadVector, ...set(vector(index))],
  ...[...get(row), ...get(rowBytes), ...add, ...set(row)],
]).flat();

/** `pack(from, stop, to, rowBytes)`: eight rows to a panel, four columns at a time; their number is a multiple of four. */
export const packFunction: WasmFunction = {
  name: 'pack',
  parameters: 4,
  locals: [
    [1, wasm.i32],
    [panelRows + 4, v128],
  ],
  body: [
    ...[...loop, ...get(from), ...set(row), ...loadRows, ...transpose(0, 0), ...transpose(4, 1)],
    ...[...get(to), ...constant(16 * panelRows), ...add, ...set(to)],
    ...[...get(from), ...constant(16), ...add, ...tee(from), ...get(stop), ...lessThan, ...branchIf],
    ...end,
  ],
};
