import { panelRows } from './packed-matrix.ts';
import { forTiles, type TileLayout, type Tiles } from './tiles.ts';

/** Words of the control memory. */
const [chunksLeft, chunksDone, jobAt] = [0, 1, 2] as const;
/** `chunksLeft` holds the product's number above as many bits for its chunks that nobody has taken. */
const chunkBits = 12;
/** Threads of a product at most, the caller's included. */
const mostThreads = 8;
/** Chunks per thread: one that was held up leaves the rest to others. */
const chunksPerThread = 4;
/** Multiply-adds below which a product is not worth waking threads for. */
const leastWork = 1 << 18;

/** What a thread is started with. */
interface Start {
  memory: WebAssembly.Memory;
  control: Int32Array;
  modules: WebAssembly.Module[];
}

/**
 * The panels of one chunk. `job` is: the module, w, wStride, x, xRow, y, the bytes of a row of y, rows of x, panels, panels
 * of a chunk, the bytes of a panel of y. It runs in other threads too, so it uses nothing from outside.
 */
function multiplyChunk(tiles: Tiles, job: readonly number[], chunk: number): void {
  const [, w, wStride, x, xRow, y, yStride, count, panels, size, panelBytes] = job as [
    ...[number, number, number, number, number, number],
    ...[number, number, number, number, number],
  ];
  const last = Math.min(panels, (chunk + 1) * size);
  const fours = count - (count % 4);
  for (let panel = chunk * size; panel < last; panel++)
    for (let t = 0; t < fours; t += 4) {
      const from = x + t * xRow;
      tiles['1x4'](
        w + panel * wStride,
        wStride,
        from,
        from + 4 * xRow,
        y + t * yStride + panel * panelBytes,
        yStride,
      );
    }
  for (let t = fours; t < count; t++)
    for (let panel = chunk * size; panel < last; ) {
      const many = panel + 4 <= last;
      const from = x + t * xRow;
      const to = y + t * yStride + panel * panelBytes;
      tiles[many ? '4x1' : '1x1'](w + panel * wStride, wStride, from, from + xRow, to, yStride);
      panel += many ? 4 : 1;
    }
}

/**
 * Takes chunks of products until the control memory says -1. Nobody waits for a thread that is late: it finds no chunk
 * left. A job is read before its chunk is taken, and is written only while there is none to take.
 */
function serveChunks(
  { memory, control, modules }: Start,
  multiply: typeof multiplyChunk,
  bits: number,
): void {
  const instances = modules.map(
    (module) => new WebAssembly.Instance(module, { m: { m: memory } }).exports as unknown as Tiles,
  );
  for (;;) {
    const seen = Atomics.load(control, 0);
    if (seen < 0) return;
    const left = seen & ((1 << bits) - 1);
    if (left === 0) {
      Atomics.wait(control, 0, seen);
      continue;
    }
    const job = Array.from(control.subarray(2));
    if (Atomics.compareExchange(control, 0, seen, seen - 1) !== seen) continue;
    multiply(instances[job[0] as number] as Tiles, job, left - 1);
    Atomics.add(control, 1, 1);
    Atomics.notify(control, 1);
  }
}

/** Whether memory can be shared with threads that this one may wait for: in a worker of an isolated page. */
export function threadsAllowed(): boolean {
  return globalThis.crossOriginIsolated === true && typeof document === 'undefined' && helpers() > 0;
}

/** Threads beside this one. */
function helpers(): number {
  const cores = typeof navigator === 'undefined' ? 1 : (navigator.hardwareConcurrency ?? 1);
  return Math.min(cores, mostThreads) - 1;
}

/** Threads that share the products of one memory; they end with {@link stop}. */
export class ProductThreads {
  private readonly control = new Int32Array(new SharedArrayBuffer(4 * 16));
  private readonly workers: Worker[] = [];
  private script = '';
  private product = 0;

  /** @param modules of the tiles of each form, importing `memory` */
  constructor(
    private readonly memory: WebAssembly.Memory,
    private readonly modules: WebAssembly.Module[],
  ) {}

  /** Starts threads; where the page's policy forbids them, all products are this thread's. */
  start(count = helpers()): void {
    const code = `onmessage = ({ data }) => { (${serveChunks})(data, ${multiplyChunk}, ${chunkBits}); close(); };`;
    this.script = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
    const start: Start = { memory: this.memory, control: this.control, modules: this.modules };
    try {
      while (this.workers.length < count) {
        const worker = new Worker(this.script, { name: 'vitrine-thread' });
        worker.postMessage(start);
        this.workers.push(worker);
      }
    } catch {
      // Policies that forbid such workers.
    }
  }

  /** As {@link forTiles}, of the module at this index, on all threads. Returns when every sum is there. */
  multiply(index: number, tiles: Tiles, layout: TileLayout, columns: number, count: number): void {
    const { w, wStride, x, xRow, y, paddedRows } = layout;
    const panels = paddedRows / panelRows;
    const chunks = Math.min(Math.floor(panels / 4), chunksPerThread * (this.workers.length + 1));
    if (this.workers.length === 0 || chunks < 2 || paddedRows * columns * count < leastWork) {
      forTiles(tiles, layout, count);
      return;
    }
    const { control } = this;
    const size = 4 * Math.ceil(panels / (4 * chunks));
    const needed = Math.ceil(panels / size);
    const job = [index, w, wStride, x, xRow, y, 4 * paddedRows, count, panels, size, 4 * panelRows];
    control.set(job, jobAt);
    Atomics.store(control, chunksDone, 0);
    this.product = (this.product + 1) % (1 << (31 - chunkBits));
    Atomics.store(control, chunksLeft, (this.product << chunkBits) | needed);
    Atomics.notify(control, chunksLeft);
    for (;;) {
      const seen = Atomics.load(control, chunksLeft);
      const left = seen & ((1 << chunkBits) - 1);
      if (left === 0) break;
      if (Atomics.compareExchange(control, chunksLeft, seen, seen - 1) !== seen) continue;
      multiplyChunk(tiles, job, left - 1);
      Atomics.add(control, chunksDone, 1);
    }
    for (let done = 0; done < needed; done = Atomics.load(control, chunksDone))
      Atomics.wait(control, chunksDone, done);
  }

  stop(): void {
    Atomics.store(this.control, chunksLeft, -1);
    Atomics.notify(this.control, chunksLeft);
    for (const worker of this.workers.splice(0)) worker.terminate();
    URL.revokeObjectURL(this.script);
  }
}
