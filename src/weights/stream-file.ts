import { throwIfAborted, VitrineError } from '../lib/index.ts';
import { BufferPool } from './buffer-pool.ts';
import { type ByteSpan, chunksOfSpans, joinSpans, spanBytes, spansWithin } from './byte-spans.ts';
import type { StoredFile } from './cache/cache.ts';
import { modelKey } from './cache/store.ts';
import { WorkerChunks } from './cache/worker-chunks.ts';
import { type ChunkKeeper, keeperOf } from './chunk-keepers.ts';
import { type Chunk, chunksInOrder, type StoredChunks } from './chunks.ts';
import type { LoadContext, StreamContext } from './load-context.ts';
import { splitByTensor } from './split-by-tensor.ts';
import type { TensorInfo, WeightSink } from './types.ts';
import type { WeightFile } from './weight-files.ts';

/** The bytes to read from a file with much other data, in order; undefined for all. */
export function neededSpans({ tensors, ranges }: WeightFile): ByteSpan[] | undefined {
  return ranges && joinSpans([...ranges, ...tensors.map(({ begin, end }) => [begin, end] as const)]);
}

/** One file, chunk by chunk: storage or network -> sink; behind it digest and storage. */
export async function streamFile(
  context: StreamContext,
  file: WeightFile,
  stored: StoredFile | undefined,
  needed: readonly TensorInfo[],
  sink: WeightSink,
): Promise<void> {
  const chunkBytes = stored?.record.chunkBytes ?? context.settings.chunkBytes;
  const { source } = file;
  const spans = neededSpans(file);
  // Partial files have no digest to compare with; of the others one is computed where it was promised or will be kept.
  const useful = source.sha256 !== undefined || (stored !== undefined && context.cache.works);
  const hashed = useful && !spans && !stored?.verified;
  const pool = new BufferPool(chunkBytes);
  const chunks = storedChunks(context, stored, pool);
  const kept = { path: source.path, bytes: source.bytes, stored, hashed, pool };
  const keeper = await keeperOf(context, kept);
  try {
    await streamChunks(context, { file, chunks, needed, sink, spans, chunkBytes, keeper, pool });
  } finally {
    if (chunks instanceof WorkerChunks) await chunks.end();
    pool.end();
  }
  const seen = await keeper.end();
  if (spans && stored)
    Object.assign(stored.record, { complete: true, chunks: chunksOfSpans(spans, chunkBytes).size });
  if (seen === undefined) return;
  context.progress.enter('verify', source.path);
  await verify(context, source.path, seen, source.sha256, stored);
}

/** A finished file is read by the worker: only there can it be read without a way through other processes. */
function storedChunks(
  context: StreamContext,
  stored: StoredFile | undefined,
  pool: BufferPool,
): StoredChunks | undefined {
  if (!stored?.verified || !stored.record.inFile || !context.cache.works) return stored;
  return new WorkerChunks(stored, modelKey(context.model), pool, context.thread());
}

interface FileStream {
  file: WeightFile;
  chunks: StoredChunks | undefined;
  pool: BufferPool;
  needed: readonly TensorInfo[];
  sink: WeightSink;
  spans: readonly ByteSpan[] | undefined;
  chunkBytes: number;
  keeper: ChunkKeeper;
}

async function streamChunks(context: LoadContext, stream: FileStream): Promise<void> {
  const { progress, signal } = context;
  const { file, chunks: stored, sink, spans, chunkBytes, keeper, pool } = stream;
  const { source, prefix } = file;
  const settings = { ...context.settings, chunkBytes };
  const deliver = splitByTensor(
    stream.needed.filter((tensor) => tensor.file === source.path),
    sink,
  );
  const trailing = new Trailing();
  const onArrival = (bytes: number) => progress.add(bytes, false);
  try {
    const options = { file: source, settings, stored, pool, prefix, spans, onArrival };
    for await (const chunk of chunksInOrder(options)) {
      throwIfAborted(signal, `Loading ${source.path}`);
      const wanted = wantedBytes(stream, chunk);
      await deliver(chunk.index * chunkBytes, chunk.bytes);
      if (chunk.fromCache) progress.add(wanted, true);
      await trailing.room();
      trailing.add(keeper.keep(chunk));
    }
    await trailing.end();
  } finally {
    await trailing.settled();
  }
}

/** Bytes of a chunk that the load counts. */
function wantedBytes({ spans, chunkBytes }: FileStream, { index, bytes }: Chunk): number {
  const begin = index * chunkBytes;
  return spans ? spanBytes(spansWithin(spans, begin, begin + bytes.length)) : bytes.length;
}

/** Chunks that the sink has used, and that are still being hashed or stored. */
const mostTrailing = 3;

/** What happens to chunks behind the sink, so that neither storage nor digest holds the stream up. */
class Trailing {
  readonly #chunks: Promise<void>[] = [];

  add(kept: Promise<void>): void {
    // Awaited below; until then a rejection must not count as unhandled.
    kept.catch(() => undefined);
    this.#chunks.push(kept);
  }

  async room(): Promise<void> {
    while (this.#chunks.length >= mostTrailing) await this.#chunks.shift();
  }

  /** Rejects if a chunk could not be kept. */
  async end(): Promise<void> {
    await Promise.all(this.#chunks);
  }

  async settled(): Promise<void> {
    await Promise.allSettled(this.#chunks);
  }
}

/** Verifies the whole file's digest; deletes its stored chunks on a mismatch. */
async function verify(
  { repository, cache, model }: LoadContext,
  path: string,
  seen: string,
  promised: string | undefined,
  stored: StoredFile | undefined,
): Promise<void> {
  const expected = promised ?? stored?.record.sha256;
  if (expected && seen !== expected) {
    const key = modelKey(model);
    if (stored) {
      stored.record.complete = false;
      await cache.try((store) => store.dropFile(key, path));
    }
    throw new VitrineError(
      'integrity',
      `${repository.id}/${path} arrived damaged: its SHA-256 is ${seen}, it should be ${expected}. Nothing of it was kept; load it again, or from another server.`,
    );
  }
  if (stored) Object.assign(stored.record, { sha256: seen, complete: true });
}
