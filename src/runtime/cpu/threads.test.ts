import { Worker as NodeWorker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomFloats } from '../../../test/support/numbers.ts';
import { defined } from '../../lib/index.ts';
import { parseConfig } from '../../model/index.ts';
import { f32Matrices, type MatrixMath } from './packed-matrix.ts';
import { QuantisedMath } from './quantised-math.ts';
import { SimdMath } from './simd.ts';
import { type ProductThreads, threadsAllowed } from './threads.ts';
import type { Tile, Tiles } from './tiles.ts';

const running = new Set<NodeThread>();

/** A browser's worker of a blob, by a thread of Node. */
class NodeThread {
  private static code = new Map<string, Promise<string>>();
  private readonly started: Promise<NodeWorker>;

  static keep(blob: Blob): string {
    const url = `blob:${NodeThread.code.size}`;
    NodeThread.code.set(url, blob.text());
    return url;
  }

  constructor(url: string) {
    running.add(this);
    const prelude = `const { parentPort } = require('node:worker_threads'); const close = () => parentPort.close();
      parentPort.on('message', (data) => onmessage({ data })); var onmessage;`;
    this.started = (NodeThread.code.get(url) as Promise<string>).then(
      (code) => new NodeWorker(prelude + code, { eval: true }),
    );
  }

  postMessage(message: unknown): void {
    void this.started.then((worker) => worker.postMessage(message));
  }

  async terminate(): Promise<void> {
    running.delete(this);
    await (await this.started).terminate();
  }
}

beforeAll(() => {
  vi.stubGlobal('Worker', NodeThread);
  vi.spyOn(URL, 'createObjectURL').mockImplementation((blob) => NodeThread.keep(blob as Blob));
});

afterAll(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const [rows, columns] = [1003, 321];
const W = randomFloats(1, rows * columns, 1);

const config = parseConfig({
  ...{ model_type: 'gpt2', n_embd: 324, n_head: 3, n_layer: 1, n_positions: 8, vocab_size: rows },
});

function mathOf(dtype: 'f32' | 'int8' | 'int4', shared: boolean): MatrixMath {
  const shapes = [[rows, columns]] as const;
  if (dtype !== 'f32') return QuantisedMath.create(dtype, shapes, true, shared) as unknown as MatrixMath;
  return f32Matrices(defined(SimdMath.create(config, true, shapes, shared), 'SIMD')) as unknown as MatrixMath;
}

function products(math: MatrixMath) {
  const matrix = math.create(rows, columns);
  math.placeRows(matrix, 0, W);
  return (count: number) => {
    const y = new Float32Array(count * matrix.paddedRows);
    math.multiply(matrix, { values: randomFloats(count, count * columns, 1), stride: columns, count }, y);
    return y;
  };
}

/** Counts the calls of tiles that this thread makes itself. */
function countCalls(threads: ProductThreads): { calls: number } {
  const seen = { calls: 0 };
  const multiply = threads.multiply.bind(threads);
  threads.multiply = (index, tiles, ...rest) => {
    const counted = Object.fromEntries(
      Object.entries(tiles).map(([name, tile]) => [
        name,
        (...where: Parameters<Tile>) => {
          seen.calls++;
          tile(...where);
        },
      ]),
    );
    multiply(index, counted as unknown as Tiles, ...rest);
  };
  return seen;
}

describe('products on several threads', () => {
  it.each(['f32', 'int8', 'int4'] as const)('are the same to the bit with weights in %s', async (dtype) => {
    const alone = products(mathOf(dtype, false));
    const math = mathOf(dtype, true);
    const threads = math.threads as ProductThreads;
    const own = countCalls(threads);
    const shared = products(math);
    shared(33);
    const all = own.calls;
    threads.start(2);
    const expected = new Map([1, 4, 33].map((count) => [count, alone(count)]));
    for (let least = all; least === all; ) {
      for (const [count, y] of expected) {
        own.calls = 0;
        expect(shared(count)).toEqual(y);
        if (count === 33) least = Math.min(least, own.calls);
      }
      // Lets the threads start.
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(running.size).toBe(2);
    threads.stop();
    expect(running.size).toBe(0);
    expect(shared(4)).toEqual(expected.get(4));
  });

  it('are shared only where a thread may wait for others', () => {
    expect(threadsAllowed()).toBe(false);
    vi.stubGlobal('crossOriginIsolated', true);
    vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
    expect(threadsAllowed()).toBe(true);
    vi.stubGlobal('navigator', { hardwareConcurrency: 1 });
    expect(threadsAllowed()).toBe(false);
    vi.stubGlobal('navigator', { hardwareConcurrency: 4 });
    vi.stubGlobal('document', {});
    expect(threadsAllowed()).toBe(false);
  });
});
