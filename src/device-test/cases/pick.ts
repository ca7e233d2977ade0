import type { Gpu } from '../../gpu/index.ts';
import {
  matrixBuffers,
  packRun,
  pickKernel,
  recordSize,
  stateBytes,
  stateLayout,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { embed, likeliest, logSumExp } from '../../shaders/reference/index.ts';
import { kernelCase, type Operation } from '../case.ts';
import { type Comparison, compareExactly, compareNumbers } from '../support/compare.ts';
import { filled, readFloats, readWords, runKernel, upload, uploadUniform } from '../support/gpu.ts';
import { testMatrix } from '../support/matrix.ts';
import { randomFloats, strided, unstrided } from '../support/numbers.ts';

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
  drawable?: number;
  step?: number;
  dtype?: WeightDtype;
  context?: number;
}

interface PickRecord {
  id: number;
  logprob: number;
  ids: number[];
  logprobs: number[];
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
async function pick(gpu: Gpu, step: Step) {
  const { columns, alternatives = 0, context = 30, dtype = 'f32' } = step;
  const V = (columns[0] as Column).logits.length;
  const table = testMatrix(gpu, { dtype, rows: V, columns: nEmbd, bindingLimit: 2 ** 22 });
  const wpe = randomFloats(7, context * nEmbd);
  const [stride, logitsStride] = [vectorStride(nEmbd), vectorStride(V)];
  const logits = new Float32Array(columns.length * logitsStride).fill(1e30);
  for (const [index, column] of columns.entries()) logits.set(column.logits, index * logitsStride);
  const x = filled(gpu, columns.length * stride, 3);
  const state = upload(gpu, packState(step));
  const ring = filled(gpu, ringRecords * columns.length * recordSize(alternatives));
  const eosTokenIds = step.eos ?? [];
  const { sampled = false, drawable = V } = step;
  const run = packRun({ alternatives, ringRecords, sampled, drawable, eosTokenIds });
  const shape = { embedding: table.format, columns: columns.length, inputStride: stride, logitsStride };
  const buffers = [
    upload(gpu, logits),
    ...matrixBuffers(table.matrix),
    upload(gpu, strided(wpe, context, nEmbd, stride)),
    ...[x, state, ring, uploadUniform(gpu, run)],
  ];
  await runKernel(gpu, pickKernel({ ...shape, context, lanes: 64 }), buffers, [1, 1, 1]);
  const words = await readWords(gpu, ring);
  const slot = ((step.step ?? 0) % ringRecords) * columns.length;
  const records = columns.map((_, column) => {
    const at = (slot + column) * recordSize(alternatives);
    return readRecord(words.slice(at, at + recordSize(alternatives)));
  });
  const rows = unstrided(await readFloats(gpu, x), columns.length, nEmbd, stride);
  return {
    records,
    first: records[0] as PickRecord,
    state: await readWords(gpu, state),
    row: (column: number) => rows.slice(column * nEmbd, (column + 1) * nEmbd),
    embedding: (id: number, position: number) => embed([id], position, table.values, wpe, nEmbd),
  };
}

function readRecord(words: Uint32Array<ArrayBuffer>): PickRecord {
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

const close = (what: string, actual: ArrayLike<number>, expected: ArrayLike<number>, absolute = 1e-4) =>
  compareNumbers(what, actual, expected, { absolute });

async function checkGreedy(gpu: Gpu, V: number): Promise<Comparison[]> {
  const logits = randomFloats(V, V, 3);
  const columns = [{ logits, position: 11 }];
  const { first, state, row, embedding } = await pick(gpu, { columns, alternatives: 5, step: 6 });
  const [best] = likeliest(logits, 1) as [number];
  const normaliser = logSumExp(logits);
  const five = likeliest(logits, 5);
  const after = (['token', 'position', 'done', 'draw'] as const).map((place) => field(state, 0, place));
  return [
    compareExactly('token', [first.id], [best]),
    close('log-probability', [first.logprob], [(logits[best] as number) - normaliser]),
    compareExactly('alternatives', first.ids, five),
    close(
      'their log-probabilities',
      first.logprobs,
      five.map((id) => (logits[id] as number) - normaliser),
    ),
    compareExactly('state', after, [best, 12, 0, 6]),
    compareExactly('header', [state[stateLayout.running], state[stateLayout.step]] as number[], [1, 7]),
    close('next input', row(0), embedding(best, 12), 1e-6),
  ];
}

async function checkLevels(gpu: Gpu): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const level of [-3e4, 0, 3e4]) {
    const logits = new Float32Array(100).fill(level);
    const { first } = await pick(gpu, { columns: [{ logits, position: 0 }], alternatives: 2 });
    results.push(compareExactly(`ids at ${level}`, first.ids, [0, 1]));
    results.push(close(`log-probability at ${level}`, [first.logprob], [-Math.log(100)], 5e-3));
  }
  return results;
}

async function checkChoice(gpu: Gpu): Promise<Comparison[]> {
  const logits = randomFloats(3, 120, 2);
  const columns = [{ logits, position: 4, chosen: 77 }];
  const { first, state } = await pick(gpu, { columns, sampled: true });
  return [
    compareExactly('token', [first.id, field(state, 0, 'token')], [77, 77]),
    close('log-probability', [first.logprob], [(logits[77] as number) - logSumExp(logits)]),
  ];
}

/** Rows without a token are likelier than all tokens, which they must not hide. */
async function checkDrawable(gpu: Gpu): Promise<Comparison[]> {
  const results: Comparison[] = [];
  for (const level of [-60, -300]) {
    const drawable = 70;
    const logits = randomFloats(6, 134).map((value, id) => (id < drawable ? level + value : 0));
    const { first } = await pick(gpu, { columns: [{ logits, position: 0 }], alternatives: 3, drawable });
    const best = likeliest(logits.subarray(0, drawable), 3);
    const [top] = best as [number];
    results.push(compareExactly(`ids at ${level}`, [first.id, ...first.ids], [top, ...best]));
    const logprob = (logits[top] as number) - logSumExp(logits);
    results.push(close(`log-probability at ${level}`, [first.logprob], [logprob]));
  }
  return results;
}

async function checkEnds(gpu: Gpu): Promise<Comparison[]> {
  const column = (best: number): Column => {
    const logits = randomFloats(best, 50);
    logits[best] = 20;
    return { logits, position: best };
  };
  const columns = [column(3), { ...column(4), done: true }, column(5), column(6)];
  const { records, state, row, embedding } = await pick(gpu, { columns, eos: [49, 5] });
  const of = (place: 'done' | 'position') => columns.map((_, index) => field(state, index, place));
  return [
    compareExactly(
      'tokens',
      records.map(({ id }) => id),
      [3, 0xffffffff, 5, 6],
    ),
    compareExactly('done', of('done'), [0, 1, 1, 0]),
    compareExactly('positions', of('position'), [4, 4, 6, 7]),
    compareExactly('running', [state[stateLayout.running] as number], [2]),
    close('next input', row(3), embedding(6, 7), 1e-6),
    compareExactly('input of a finished column', row(1), new Array(nEmbd).fill(3)),
  ];
}

async function checkEos(gpu: Gpu, eos: number[]): Promise<Comparison> {
  const logits = randomFloats(8, 40);
  logits[eos.at(-1) as number] = 30;
  const { state } = await pick(gpu, { columns: [{ logits, position: 1 }], eos });
  return compareExactly(
    'done, running',
    [field(state, 0, 'done'), state[stateLayout.running] as number],
    [1, 0],
  );
}

async function checkNext(gpu: Gpu, step: Omit<Step, 'columns'>, position: number, next: number) {
  const columns = [{ logits: randomFloats(9, 33), position }];
  const { first, row, embedding } = await pick(gpu, { columns, ...step });
  return close('next input', row(0), embedding(first.id, next), 1e-6);
}

export const pickOperation: Operation = {
  name: 'next token',
  cases: [
    ...[7, 50257].map((V) =>
      kernelCase(`the likeliest of ${V} ids, and what comes next`, (gpu) => checkGreedy(gpu, V)),
    ),
    kernelCase('the lowest id wins a tie', async (gpu) => {
      const logits = Float32Array.from({ length: 300 }, (_, id) => ([290, 17, 130].includes(id) ? 2 : -1));
      const { first } = await pick(gpu, { columns: [{ logits, position: 0 }], alternatives: 4 });
      return compareExactly('ids', [first.id, ...first.ids], [17, 17, 130, 290, 0]);
    }),
    kernelCase('equal, very low and very high logits', checkLevels),
    kernelCase("the sampler's choice, with its own probability", checkChoice),
    kernelCase('rows without a token are never chosen', checkDrawable),
    kernelCase('columns end one by one', checkEnds),
    ...[[0], [1, 2, 3, 4, 5, 6, 7, 9]].map((eos) =>
      kernelCase(`end-of-text ids ${eos}`, (gpu) => checkEos(gpu, eos)),
    ),
    ...(['f16', 'int8', 'int4'] as const).map((dtype) =>
      kernelCase(`embeddings in ${dtype}`, (gpu) => checkNext(gpu, { dtype }, 2, 3)),
    ),
    kernelCase('the end of the context is not overstepped', (gpu) => checkNext(gpu, { context: 8 }, 7, 7)),
  ],
};
