import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { tensorOfView } from './formats/strided-layout.ts';
import { giveZeros, splitByTensor } from './split-by-tensor.ts';
import type { Dtype, TensorInfo } from './types.ts';

interface View {
  dtype: 'F32' | 'F64' | 'F16';
  shape: number[];
  strides: number[];
  offset: number;
}

const valueBytes = { F32: 4, F64: 8, F16: 2 };
const wordCount = 4000;

/** Whole numbers below 2048, which all three types hold exactly. */
const valueAt = (index: number) => (index * 7919) % 2048;

/** A file that holds the same numbers three times, once in each type; `begin` of each part. */
const file = new Uint8Array(wordCount * 14);
const partAt = { F64: 0, F32: wordCount * 8, F16: wordCount * 12 };
const view = new DataView(file.buffer);
for (let i = 0; i < wordCount; i++) {
  view.setFloat64(i * 8, valueAt(i), true);
  view.setFloat32(partAt.F32 + i * 4, valueAt(i), true);
  view.setUint16(partAt.F16 + i * 2, valueAt(i), true);
}

const views = fc
  .record({
    dtype: fc.constantFrom<View['dtype']>('F32', 'F64', 'F16'),
    axes: fc.array(fc.tuple(fc.integer({ min: 0, max: 7 }), fc.nat(40)), { maxLength: 4 }),
    offset: fc.nat(200),
  })
  .map(({ axes, ...view }) => ({ ...view, shape: axes.map(([n]) => n), strides: axes.map(([, s]) => s) }));

function tensorOf({ dtype, shape, strides, offset }: View, name: string): TensorInfo {
  const begin = partAt[dtype] + offset * valueBytes[dtype];
  return tensorOfView({
    name,
    dtype: dtype as Dtype,
    valueBytes: valueBytes[dtype],
    shape,
    strides,
    file: 'f',
    begin,
  });
}

/** The values in row-major order, by the definition of strides. */
function expected({ shape, strides, offset }: View): number[] {
  let places = [offset];
  for (const [axis, size] of shape.entries())
    places = places.flatMap((place) =>
      Array.from({ length: size }, (_, i) => place + i * (strides[axis] ?? 0)),
    );
  return places.map(valueAt);
}

function transpose(values: number[], [rows = 0, columns = 0]: readonly number[]): number[] {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number);
}

async function run(tensors: TensorInfo[], cuts: number[]): Promise<Map<TensorInfo, number[]>> {
  const received = new Map<TensorInfo, Uint8Array>(tensors.map((tensor) => [tensor, new Uint8Array()]));
  const ended = new Set<TensorInfo>();
  let last: TensorInfo | undefined;
  const take = splitByTensor(tensors, {
    write(tensor, offset, bytes) {
      const before = received.get(tensor) as Uint8Array;
      expect(offset).toBe(before.length);
      if (last && last !== tensor) ended.add(last);
      expect(ended.has(tensor)).toBe(false);
      last = tensor;
      received.set(tensor, Uint8Array.of(...before, ...bytes));
    },
  });
  const ends = [...new Set([...cuts.map((cut) => cut % file.length), file.length])].sort((a, b) => a - b);
  let at = 0;
  for (const end of ends) {
    await take(at, file.slice(at, end));
    at = end;
  }
  return new Map([...received].map(([tensor, bytes]) => [tensor, numbers(tensor, bytes)]));
}

function numbers(tensor: TensorInfo, bytes: Uint8Array): number[] {
  const words = bytes.slice();
  return tensor.dtype === 'F16' ? [...new Uint16Array(words.buffer)] : [...new Float32Array(words.buffer)];
}

test('views of any strides, also overlapping ones, arrive in order and one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(views, { minLength: 1, maxLength: 5 }),
      fc.array(fc.nat()),
      async (given, cuts) => {
        const tensors = given.map((one, i) => tensorOf(one, `t${i}`));
        const received = await run(tensors, cuts);
        for (const [i, tensor] of tensors.entries()) {
          const values = expected(given[i] as View);
          expect(received.get(tensor)).toEqual(tensor.transposed ? transpose(values, tensor.shape) : values);
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('a matrix that lies as its transpose is marked so, except a table of positions', async () => {
  const shape = [3, 5];
  const facts = { dtype: 'F32' as const, shape, strides: [1, 3], offset: 0 };
  const matrix = tensorOf(facts, 'h.0.mlp.c_fc.weight');
  expect(matrix).toMatchObject({ transposed: true });
  expect(matrix.stored).toBeUndefined();
  const table = tensorOf(facts, 'transformer.wpe.weight');
  expect(table.transposed).toBeUndefined();
  expect((await run([table], [20])).get(table)).toEqual(expected(facts));
});

test('values without system are refused when there are too many to hold', () => {
  const tensor = tensorOf(
    { dtype: 'F32', shape: [2 ** 13, 2 ** 14, 2], strides: [2, 2 ** 14, 1], offset: 0 },
    'w',
  );
  expect(() => splitByTensor([tensor], { write: () => undefined })).toThrow(VitrineError);
});

test('zeros are given for tensors that are not stored', async () => {
  const pieces: number[] = [];
  const tensor: TensorInfo = { name: 'b', dtype: 'F32', shape: [3, 20_000], file: '', begin: 0, end: 0 };
  await giveZeros([tensor], {
    write: (_tensor, offset, bytes) => {
      expect(offset).toBe(pieces.reduce((sum, length) => sum + length, 0));
      expect(bytes.every((byte) => byte === 0)).toBe(true);
      pieces.push(bytes.length);
    },
  });
  expect(pieces.reduce((sum, length) => sum + length, 0)).toBe(240_000);
});
