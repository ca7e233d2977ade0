import { describe, expect, test } from 'vitest';
import {
  filled,
  readFloats,
  readWords,
  runKernel,
  sharedGpu,
  upload,
  uploadUniform,
} from '../../test/support/gpu.ts';
import { testMatrix } from '../../test/support/matrix.ts';
import { expectClose, randomFloats, strided, unstrided } from '../../test/support/numbers.ts';
import { vectorStride } from './matvec.ts';
import { packRun, pickKernel, recordSize } from './pick.ts';
import { embed, likeliest, logSumExp } from './reference/index.ts';
import { stateBytes, stateLayout } from './state.ts';
import { matrixBuffers, type WeightDtype } from './weights.ts';

const gpu = sharedGpu();

interface Column {
  logits: Float32Array;
  position: number;
  done?: boolean;
  chosen?: number;
}

interface Step {
  columns: Column[];
  alternatives?: number;
  eos?: number[];
  sampled?: boolean;
  step?: number;
  dtype?: WeightDtype;
  context?: number;
}

const nEmbd = 20;
const ringRecords = 4;
const { headerSize, columnSize } = stateLayout;

function packState(step: Step): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(stateBytes(step.columns.length) / 4);
  words[stateLayout.running] = step.columns.filter(({ done }) => !done).length;
  words[stateLayout.step] = step.step ?? 0;
  for (const [index, column] of step.columns.entries()) {
    const at = headerSize + index * columnSize;
    words[at + stateLayout.token] = 999;
    words[at + stateLayout.position] = column.position;
    words[at + stateLayout.done] = column.done ? 1 : 0;
    words[at + stateLayout.draw] = 5;
    words[at + stateLayout.chosen] = column.chosen ?? 0;
  }
  return words;
}

/** Runs one pick: the record of each column, the state after, the next input and what it should be. */
async function pick(step: Step) {
  const { columns, alternatives = 0, context = 30, dtype = 'f32' } = step;
  const V = (columns[0] as Column).logits.length;
  const table = testMatrix(gpu(), { dtype, rows: V, columns: nEmbd, bindingLimit: 2 ** 22 });
  const wpe = randomFloats(7, context * nEmbd);
  const [stride, logitsStride] = [vectorStride(nEmbd), vectorStride(V)];
  const logits = new Float32Array(columns.length * logitsStride).fill(1e30);
  for (const [index, column] of columns.entries()) logits.set(column.logits, index * logitsStride);
  const x = filled(gpu(), columns.length * stride, 3);
  const state = upload(gpu(), packState(step));
  const ring = filled(gpu(), ringRecords * columns.length * recordSize(alternatives));
  const eosTokenIds = step.eos ?? [];
  const run = packRun({ alternatives, ringRecords, sampled: step.sampled ?? false, eosTokenIds });
  const shape = { embedding: table.format, columns: columns.length, inputStride: stride, logitsStride };
  const buffers = [
    upload(gpu(), logits),
    ...matrixBuffers(table.matrix),
    upload(gpu(), strided(wpe, context, nEmbd, stride)),
    ...[x, state, ring, uploadUniform(gpu(), run)],
  ];
  await runKernel(gpu(), pickKernel({ ...shape, context, lanes: 64 }), buffers, [1, 1, 1]);
  const words = await readWords(gpu(), ring);
  const slot = ((step.step ?? 0) % ringRecords) * columns.length;
  const records = columns.map((_, column) => {
    const at = (slot + column) * recordSize(alternatives);
    return readRecord(words.slice(at, at + recordSize(alternatives)));
  });
  const rows = unstrided(await readFloats(gpu(), x), columns.length, nEmbd, stride);
  return {
    records,
    state: await readWords(gpu(), state),
    row: (column: number) => rows.slice(column * nEmbd, (column + 1) * nEmbd),
    embedding: (id: number, position: number) => embed([id], position, table.values, wpe, nEmbd),
  };
}

function readRecord(words: Uint32Array<ArrayBuffer>) {
  const floats = new Float32Array(words.buffer);
  const ids: number[] = [];
  const logprobs: number[] = [];
  for (let at = 2; at < words.length; at += 2) {
    ids.push(words[at] as number);
    logprobs.push(floats[at + 1] as number);
  }
  return { id: words[0] as number, logprob: floats[1] as number, ids, logprobs };
}

function field(state: Uint32Array, column: number, place: 'token' | 'position' | 'done' | 'draw'): number {
  return state[headerSize + column * columnSize + stateLayout[place]] as number;
}

describe.each([7, 50257])('%i ids', (V) => {
  test('the likeliest token, its log-probability, and what comes next', async () => {
    const logits = randomFloats(V, V, 3);
    const { records, state, row, embedding } = await pick({
      columns: [{ logits, position: 11 }],
      alternatives: 5,
      step: 6,
    });
    const [best] = likeliest(logits, 1) as [number];
    const record = records[0];
    expect(record?.id).toBe(best);
    expectClose([record?.logprob ?? 0], [(logits[best] as number) - logSumExp(logits)], { absolute: 1e-4 });
    expect(record?.ids).toEqual(likeliest(logits, 5));
    const logprobs = likeliest(logits, 5).map((id) => (logits[id] as number) - logSumExp(logits));
    expectClose(record?.logprobs ?? [], logprobs, { absolute: 1e-4 });
    const after = ['token', 'position', 'done', 'draw'] as const;
    expect(after.map((place) => field(state, 0, place))).toEqual([best, 12, 0, 6]);
    expect([state[stateLayout.running], state[stateLayout.step]]).toEqual([1, 7]);
    expectClose(row(0), embedding(best, 12), { absolute: 1e-6 });
  });
});

test('the lowest id wins a tie', async () => {
  const logits = Float32Array.from({ length: 300 }, (_, id) => ([290, 17, 130].includes(id) ? 2 : -1));
  const { records } = await pick({ columns: [{ logits, position: 0 }], alternatives: 4 });
  expect(records[0]?.id).toBe(17);
  expect(records[0]?.ids).toEqual([17, 130, 290, 0]);
});

test('equal, very low and very high logits', async () => {
  for (const level of [-3e4, 0, 3e4]) {
    const logits = new Float32Array(100).fill(level);
    const { records } = await pick({ columns: [{ logits, position: 0 }], alternatives: 2 });
    expect(records[0]?.ids).toEqual([0, 1]);
    expectClose([records[0]?.logprob ?? 0], [-Math.log(100)], { absolute: 5e-3 });
  }
});

test('the sampler’s choice is taken, and reported with its own probability', async () => {
  const logits = randomFloats(3, 120, 2);
  const { records, state } = await pick({ columns: [{ logits, position: 4, chosen: 77 }], sampled: true });
  expect(records[0]?.id).toBe(77);
  expectClose([records[0]?.logprob ?? 0], [(logits[77] as number) - logSumExp(logits)], { absolute: 1e-4 });
  expect(field(state, 0, 'token')).toBe(77);
});

test('columns end one by one', async () => {
  const column = (best: number): Column => {
    const logits = randomFloats(best, 50);
    logits[best] = 20;
    return { logits, position: best };
  };
  const columns = [column(3), { ...column(4), done: true }, column(5), column(6)];
  const { records, state, row, embedding } = await pick({ columns, eos: [49, 5] });
  expect(records.map(({ id }) => id)).toEqual([3, 0xffffffff, 5, 6]);
  expect([0, 1, 2, 3].map((index) => field(state, index, 'done'))).toEqual([0, 1, 1, 0]);
  expect([0, 1, 2, 3].map((index) => field(state, index, 'position'))).toEqual([4, 4, 6, 7]);
  expect(state[stateLayout.running]).toBe(2);
  expectClose(row(3), embedding(6, 7), { absolute: 1e-6 });
  expect([...row(1)]).toEqual(new Array(nEmbd).fill(3));
});

test.each([[[0]], [[1, 2, 3, 4, 5, 6, 7, 9]]])('end-of-text ids %j', async (eos) => {
  const ending = eos.at(-1) as number;
  const logits = randomFloats(8, 40);
  logits[ending] = 30;
  const { state } = await pick({ columns: [{ logits, position: 1 }], eos });
  expect(field(state, 0, 'done')).toBe(1);
  expect(state[stateLayout.running]).toBe(0);
});

test.each(['f16', 'int8', 'int4'] as const)('embeddings in %s', async (dtype) => {
  const logits = randomFloats(9, 33);
  const { records, row, embedding } = await pick({ columns: [{ logits, position: 2 }], dtype });
  expectClose(row(0), embedding(records[0]?.id as number, 3), { absolute: 1e-6 });
});

test('the end of the context is not overstepped', async () => {
  const logits = randomFloats(10, 33);
  const { row, records, embedding } = await pick({ columns: [{ logits, position: 7 }], context: 8 });
  expectClose(row(0), embedding(records[0]?.id as number, 7), { absolute: 1e-6 });
});
