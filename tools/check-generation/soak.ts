import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Model } from '../../src/engine/index.ts';
import { kindNames, randomCase, seeded } from './cases.ts';

setFlagsFromString('--expose_gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Bytes of heap a generation may leave behind, by the slope over the later half of the run. */
const mostBytesEach = 4096;
const samples = 20;

const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 50));

/** What is held after everything possible was given back. */
async function held(model: Model) {
  await settled();
  collectGarbage();
  await settled();
  collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { gpu: model.stats().gpuBytes, heap: heapUsed + external, rss };
}

/** The same calls every time: what they leave on the device is what there was before. */
async function rest(model: Model, before?: number[]): Promise<number[]> {
  let expected = before;
  for (const n of [2, 1]) {
    const ids: number[] = [];
    for await (const { id, sequence } of model.generate('Once upon a time', {
      n,
      temperature: 0,
      eos: false,
      maxNewTokens: 12,
    }))
      if (sequence === 0) ids.push(id);
    if (expected && ids.join() !== expected.join()) throw new Error(`Greedy text changed: ${ids}`);
    expected = ids;
  }
  await model.score('Once upon a time there was a king, and he had a golden ball.');
  return expected ?? [];
}

/** Bytes a generation, by least squares over points [generation, bytes]. */
function slope(points: [generation: number, bytes: number][]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)] as const;
  const over = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0);
  return over / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
}

const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

interface SoakOptions {
  model: Model;
  assistant: Model;
  count: number;
  seed: number;
  check(right: boolean, told: string): void;
}

/**
 * `count` generations with random options, one of the `cases.ts` each. Every text is checked in itself, greedy text
 * between them against the first; GPU bytes must be the same to the byte at every sample, the heap must not grow.
 */
export async function soak({ model, assistant, count, seed, check }: SoakOptions): Promise<void> {
  const random = seeded(seed);
  const every = Math.max(1, Math.floor(count / samples));
  const tally = new Map<string, number>();
  let tokens = 0;
  // Everything is compiled and every part of the library loaded before anything is measured.
  for (const kind of kindNames) await randomCase({ model, assistant, random, kind });
  const expected = await rest(model);
  const first = await held(model);
  const points: [generation: number, bytes: number][] = [];
  let gpuSame = true;
  const started = performance.now();
  for (let at = 1; at <= count; at++) {
    const done = await randomCase({ model, assistant, random });
    tally.set(done.kind, (tally.get(done.kind) ?? 0) + 1);
    tokens += done.tokens;
    if (at % every !== 0) continue;
    await rest(model, expected);
    const now = await held(model);
    gpuSame &&= now.gpu === first.gpu;
    points.push([at, now.heap]);
    console.log(`${at}: GPU ${now.gpu} bytes, heap ${megabytes(now.heap)}, process ${megabytes(now.rss)}`);
  }
  const minutes = ((performance.now() - started) / 60000).toFixed(1);
  const kinds = [...tally].map(([kind, times]) => `${kind} ${times}`).join(', ');
  console.log(`${count} generations, ${tokens} tokens, ${minutes} minutes: ${kinds}`);
  check(gpuSame, `GPU bytes are ${first.gpu} before, after and between`);
  const growth = slope(points.slice(points.length >> 1));
  check(
    !(growth > mostBytesEach),
    `heap grows by ${growth.toFixed(0)} bytes a generation, of at most ${mostBytesEach}`,
  );
}
