import { manifestFor } from './cache/cache.ts';
import { digestOf, toHex } from './cache/digest.ts';
import { withLock } from './cache/lock.ts';
import { chunkLength, type Manifest, modelKey, type StoredFileRecord } from './cache/store.ts';
import { isZeros } from './checkpoint-names.ts';
import type { LoadContext } from './load-context.ts';
import { aborted } from './repositories/http.ts';
import { giveZeros } from './split-by-tensor.ts';
import { neededChunks, streamFile } from './stream-file.ts';
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
