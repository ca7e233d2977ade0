import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillRandom } from '../../test/support/sample-model.ts';
import { BufferPool } from './buffer-pool.ts';
import { chunksOfSpans, joinSpans, spanBytes, spansWithin } from './byte-spans.ts';
import { chunksInOrder, type StoredChunks } from './chunks.ts';
import type { RepositoryFile } from './repositories/repository.ts';
import { transportOptions } from './repositories/transport-options.ts';
import { splitByTensor } from './split-by-tensor.ts';
import type { TensorInfo } from './types.ts';

const whole = new Uint8Array(5000);
fillRandom(whole, 3);

/** A file in memory that is handed out in pieces of the given sizes, over and over. */
function source(bytes: Uint8Array, pieces: number[], sequential = false) {
  let read = 0;
  const file: RepositoryFile = {
    path: 'file',
    bytes: bytes.length,
    sha256: undefined,
    sequential,
    async *read(begin, end) {
      for (let at = begin, turn = 0; at < end; turn++) {
        const size = Math.min(pieces[turn % pieces.length] ?? 1, end - at);
        await Promise.resolve();
        read += size;
        yield bytes.slice(at, at + size);
        at += size;
      }
    },
  };
  return { file, read: () => read };
}

/** Some of the chunks stored; `damaged` ones are there but do not fit their digest. */
function storage(bytes: Uint8Array, chunkBytes: number, has: boolean[], damaged: boolean[]): StoredChunks {
  const on = (list: boolean[], index: number) => list[index % list.length] ?? false;
  return {
    has: (index) => on(has, index),
    read: async (index) =>
      on(damaged, index) ? undefined : bytes.slice(index * chunkBytes, (index + 1) * chunkBytes),
  };
}

const setup = fc.record({
  length: fc.integer({ min: 1, max: whole.length }),
  chunkBytes: fc.integer({ min: 1, max: 1500 }),
  aheadChunks: fc.integer({ min: 1, max: 8 }),
  pieces: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }),
  prefix: fc.integer({ min: 0, max: 3000 }),
  has: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  damaged: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  sequential: fc.boolean(),
  cuts: fc.array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 }),
});

test('tensors do not depend on chunk boundaries or sources', async () => {
  await fc.assert(
    fc.asyncProperty(setup, async (one) => {
      const bytes = whole.slice(0, one.length);
      const settings = transportOptions(one);
      const { file } = source(bytes, one.pieces, one.sequential);
      const stored = storage(bytes, one.chunkBytes, one.has, one.damaged);
      const prefix = bytes.slice(0, one.prefix);
      const bounds = [...new Set([0, ...one.cuts.filter((cut) => cut <= one.length), one.length])].sort(
        (a, b) => a - b,
      );
      const tensors = bounds.slice(1).map((end, index): TensorInfo => {
        const begin = bounds[index] ?? 0;
        return { name: `t${index}`, dtype: 'U8', shape: [end - begin], file: 'file', begin, end };
      });
      const got = new Uint8Array(one.length);
      const next = new Map<string, number>();
      const deliver = splitByTensor(tensors, {
        write(tensor, offset, piece) {
          expect(offset).toBe(next.get(tensor.name) ?? 0);
          next.set(tensor.name, offset + piece.length);
          got.set(piece, tensor.begin + offset);
        },
      });
      let index = 0;
      const pool = new BufferPool(settings.chunkBytes);
      for await (const chunk of chunksInOrder({ file, settings, stored, prefix, pool })) {
        expect(chunk.index).toBe(index++);
        await deliver(chunk.index * settings.chunkBytes, chunk.bytes);
        giveBack(pool, chunk.bytes);
      }
      expect(Buffer.compare(got, bytes)).toBe(0);
    }),
    { numRuns: 300 },
  );
});

/** As the load does; what is left in an array must not show in a later chunk. The storage keeps its own. */
function giveBack(pool: BufferPool, bytes: Uint8Array<ArrayBuffer>): void {
  pool.give(bytes.slice().fill(0xaa));
}

test('of spans no byte beside them is asked for, and the chunks hold zeros there', async () => {
  const cuts = fc.uniqueArray(fc.nat(whole.length), { minLength: 2, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(setup, cuts, async (one, places) => {
      const ends = places.toSorted((a, b) => a - b);
      const spans = ends.flatMap((end, i) => (i % 2 ? [[ends[i - 1] ?? 0, end] as const] : []));
      const wanted = new Uint8Array(whole.length);
      for (const [begin, end] of spans) wanted.set(whole.subarray(begin, end), begin);
      const { file, read } = source(whole, one.pieces, one.sequential);
      const stored = storage(wanted, one.chunkBytes, one.has, one.damaged);
      const settings = transportOptions(one);
      const arrived: number[] = [];
      const onArrival = (bytes: number) => void arrived.push(bytes);
      const indexes: number[] = [];
      const pool = new BufferPool(settings.chunkBytes);
      const options = { file, settings, stored, spans, onArrival, pool };
      for await (const { index, bytes } of chunksInOrder(options)) {
        const begin = index * settings.chunkBytes;
        expect(Buffer.compare(bytes, wanted.subarray(begin, begin + settings.chunkBytes))).toBe(0);
        indexes.push(index);
        giveBack(pool, bytes);
      }
      expect(indexes).toEqual([...chunksOfSpans(spans, settings.chunkBytes)]);
      const sum = arrived.reduce((total, bytes) => total + bytes, 0);
      expect(sum).toBeLessThanOrEqual(spanBytes(spans));
      if (!one.sequential) expect(read()).toBe(sum);
      if (!one.sequential && !one.has.includes(true)) expect(sum).toBe(spanBytes(spans));
    }),
    { numRuns: 100 },
  );
});

test('joined spans hold every byte of the given ones, in order and apart', () => {
  const span = fc
    .tuple(fc.nat(200_000), fc.nat(30_000))
    .map(([begin, bytes]) => [begin, begin + bytes] as const);
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const joined = joinSpans(spans);
      for (const [i, [begin]] of joined.entries())
        if (i > 0) expect(begin).toBeGreaterThan(joined[i - 1]?.[1] ?? 0);
      for (const [begin, end] of spans) expect(spanBytes(spansWithin(joined, begin, end))).toBe(end - begin);
    }),
  );
});

test('a slow consumer holds the requests back', async () => {
  for (const sequential of [false, true]) {
    const { file, read } = source(whole, [100], sequential);
    const settings = transportOptions({ chunkBytes: 100, aheadChunks: 6 });
    const window = 6 * 100;
    let taken = 0;
    for await (const chunk of chunksInOrder({ file, settings, pool: new BufferPool(settings.chunkBytes) })) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      // One piece more is on its way.
      expect(read() - taken).toBeLessThanOrEqual(window + 2 * 100);
      taken += chunk.bytes.length;
    }
    expect(taken).toBe(whole.length);
  }
});

test('a consumer that stops ends the request', async () => {
  let ended = 0;
  const file: RepositoryFile = {
    path: 'file',
    bytes: 1000,
    sha256: undefined,
    sequential: false,
    async *read(begin, end, signal) {
      signal?.addEventListener('abort', () => {
        ended += 1;
      });
      for (let at = begin; at < end; at += 10) {
        yield whole.slice(at, Math.min(end, at + 10));
        if (at >= 100) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
      }
    },
  };
  const settings = transportOptions({ chunkBytes: 50, aheadChunks: 3 });
  for await (const chunk of chunksInOrder({ file, settings, pool: new BufferPool(settings.chunkBytes) }))
    if (chunk.index === 0) break;
  expect(ended).toBe(1);
});

test('what is missing between two stored chunks comes by few requests, of eight chunks at most', async () => {
  const { file } = source(whole, [700]);
  const asked: [number, number][] = [];
  const counted: RepositoryFile = {
    ...file,
    read(begin, end, signal) {
      asked.push([begin, end]);
      return file.read(begin, end, signal);
    },
  };
  const settings = transportOptions({ chunkBytes: 100, aheadChunks: 3 });
  const stored: StoredChunks = {
    has: (index) => index === 10 || index === 11,
    read: async (index) => whole.slice(index * 100, (index + 1) * 100),
  };
  let at = 0;
  for await (const { bytes } of chunksInOrder({
    file: counted,
    settings,
    stored,
    pool: new BufferPool(settings.chunkBytes),
  })) {
    expect(bytes).toEqual(whole.slice(at, at + bytes.length));
    at += bytes.length;
  }
  expect(asked.slice(0, 3)).toEqual([
    [0, 800],
    [800, 1000],
    [1200, Math.min(2000, whole.length)],
  ]);
  for (const [begin, end] of asked) expect(end - begin).toBeLessThanOrEqual(800);
  expect(asked.at(-1)?.[1]).toBe(whole.length);
});

test('a tensor that shares its bytes with another gets them too', async () => {
  const got: string[] = [];
  const tensor = (name: string, begin: number, end: number): TensorInfo => ({
    name,
    dtype: 'U8',
    shape: [end - begin],
    file: 'file',
    begin,
    end,
  });
  const deliver = splitByTensor([tensor('b', 2, 6), tensor('a', 2, 6), tensor('empty', 3, 3)], {
    write: (one, offset, bytes) => void got.push(`${one.name} ${offset} ${bytes.length}`),
  });
  await deliver(0, whole.slice(0, 4));
  await deliver(4, whole.slice(4, 8));
  expect(got.sort()).toEqual(['a 0 2', 'a 2 2', 'b 0 2', 'b 2 2']);
});
