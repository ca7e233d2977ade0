import { throwIfAborted, VitrineError } from '../lib/index.ts';
import { manifestFor, type StoredFile } from './cache/cache.ts';
import { digestOf, startHash, toHex } from './cache/digest.ts';
import { withLock } from './cache/lock.ts';
import { chunkLength, type Manifest, modelKey, type StoredFileRecord } from './cache/store.ts';
import { isZeros } from './checkpoint-names.ts';
import { type Chunk, chunksInOrder } from './chunks.ts';
import { detachBuffer } from './detach-buffer.ts';
import type { LoadContext } from './load-context.ts';
import { aborted } from './repositories/http.ts';
import { giveZeros, splitByTensor } from './split-by-tensor.ts';
import type { TensorInfo, WeightSink } from './types.ts';
import type { WeightFile } from './weight-files.ts';

/** Bytes of the weight files that a load reads. */
export function neededBytes({ settings }: LoadContext, files: readonly WeightFile[]): number {
  return files.reduce((sum, file) => sum + bytesOfChunks(file, settings.chunkBytes), 0);
}

function bytesOfChunks(file: WeightFile, chunkBytes: number): number {
  const { bytes } = file.source;
  const chunks = neededChunks(file, chunkBytes);
  if (!chunks) return bytes;
  return [...chunks].reduce((sum, index) => sum + chunkLength({ bytes, chunkBytes }, index), 0);
}

/** The chunks to read from a file with much other data; undefined for all. */
function neededChunks({ tensors, ranges }: WeightFile, chunkBytes: number): Set<number> | undefined {
  if (!ranges) return undefined;
  const needed = new Set<number>();
  const spans = [...ranges, ...tensors.map(({ begin, end }) => [begin, end] as const)];
  for (const [begin, end] of spans)
    for (let index = Math.floor(begin / chunkBytes); index * chunkBytes < end; index++) needed.add(index);
  return needed;
}

/** Streams all weight files: under a lock while anything is missing, so that two tabs download once. */
export async function streamWeights(
  context: LoadContext,
  files: readonly WeightFile[],
  tensors: ReadonlyMap<string, TensorInfo>,
  wanted: (tensor: TensorInfo) => boolean,
  sink: WeightSink,
): Promise<void> {
  const needed = [...tensors.values()].filter(wanted);
  const { signal, cache, model, progress } = context;
  if (signal.aborted) throw aborted(signal);
  progress.start(neededBytes(context, files));
  const key = modelKey(model);
  const stored = await cache.try((store) => store.manifest(key));
  if (!cache.works || stored?.complete) return streamFiles(context, stored, files, needed, sink);
  const waiting = () => progress.notice('Another tab is loading this model: waiting for it.');
  await withLock(`vitrine ${key}`, signal, waiting, async () => {
    progress.notice(undefined);
    const now = await cache.try((store) => store.manifest(key));
    await streamFiles(context, now, files, needed, sink);
  });
}

async function streamFiles(
  context: LoadContext,
  stored: Manifest | undefined,
  files: readonly WeightFile[],
  needed: readonly TensorInfo[],
  sink: WeightSink,
): Promise<void> {
  const { cache, model, progress } = context;
  const key = modelKey(model);
  const manifest = stored?.complete ? stored : manifestFor(stored, model, recordsOf(context, files));
  const wasComplete = manifest.complete;
  const storing = cache.works && !wasComplete;
  if (!wasComplete) await begin(context, manifest);
  await giveZeros(needed.filter(isZeros), sink);
  for (const file of files) {
    progress.enter('weights', file.source.path);
    const record = manifest.files.find((one) => one.path === file.source.path);
    const chunks = record && (await cache.file(key, record));
    await streamFile(context, file, chunks, needed, sink);
    if (!wasComplete) await cache.try((store) => store.putManifest(manifest));
  }
  if (!cache.works) {
    if (storing) await cache.abandon(key);
    return;
  }
  manifest.complete = manifest.files.every((file) => file.complete);
  if (!wasComplete) await cache.try((store) => store.putManifest(manifest));
  const { scope, id, revision, ref } = model;
  await cache.try((store) => store.putRef(scope, id, ref ?? '', revision));
}

function recordsOf({ metadata, settings }: LoadContext, files: readonly WeightFile[]): StoredFileRecord[] {
  const texts = [...metadata.read].map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    chunkBytes: Math.max(1, bytes.length),
    complete: false,
  }));
  const weights = files.map(({ source }) => ({
    path: source.path,
    bytes: source.bytes,
    sha256: source.sha256,
    chunkBytes: settings.chunkBytes,
    complete: false,
  }));
  return [...texts, ...weights];
}

/** Stores the metadata files and an incomplete manifest, so that an interrupted download can resume. */
async function begin({ cache, metadata, model }: LoadContext, manifest: Manifest): Promise<void> {
  const key = modelKey(model);
  await cache.try((store) => store.putManifest(manifest));
  for (const record of manifest.files) {
    const bytes = metadata.read.get(record.path);
    if (!bytes || record.complete) continue;
    const digest = await digestOf(bytes);
    await cache.try((store) => store.putChunk(key, record.path, 0, bytes, digest));
    Object.assign(record, { complete: true, sha256: toHex(digest) });
  }
  await cache.try((store) => store.putManifest(manifest));
}

/** One file: storage or network -> digest -> storage -> sink, a chunk at a time. */
async function streamFile(
  context: LoadContext,
  file: WeightFile,
  stored: StoredFile | undefined,
  needed: readonly TensorInfo[],
  sink: WeightSink,
): Promise<void> {
  const { progress, signal } = context;
  const chunkBytes = stored?.record.chunkBytes ?? context.settings.chunkBytes;
  const settings = { ...context.settings, chunkBytes };
  const { source, prefix } = file;
  const only = neededChunks(file, chunkBytes);
  const here = needed.filter(({ file }) => file === source.path);
  const deliver = splitByTensor(here, sink);
  // Partial files have no digest to compare with; files without a promised digest are hashed only when stored.
  const hashed = !only && !stored?.verified && (stored !== undefined || source.sha256 !== undefined);
  const hash = hashed ? startHash() : undefined;
  const onArrival = (bytes: number) => progress.add(bytes, false);
  for await (const chunk of chunksInOrder({ file: source, settings, stored, prefix, only, onArrival })) {
    throwIfAborted(signal, `Loading ${source.path}`);
    const kept = keep(context, source.path, stored, chunk);
    hash?.update(chunk.bytes);
    await Promise.all([kept, deliver(chunk.index * chunkBytes, chunk.bytes)]);
    if (chunk.fromCache) progress.add(chunk.bytes.length, true);
    detachBuffer(chunk.bytes);
  }
  if (only && stored) Object.assign(stored.record, { complete: true, chunks: only.size });
  if (!hash) return;
  progress.enter('verify', source.path);
  await verify(context, source.path, toHex(hash.digest()), source.sha256, stored);
}

async function keep(
  context: LoadContext,
  path: string,
  stored: StoredFile | undefined,
  chunk: Chunk,
): Promise<void> {
  if (chunk.fromCache || !stored || !context.cache.works) return;
  if (await stored.write(chunk)) return;
  throw new VitrineError(
    'integrity',
    `A part of ${context.repository.id}/${path} was damaged in storage, and the server now sends other bytes than before. Delete the stored model and load it again.`,
  );
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
