import { spanBytes } from './byte-spans.ts';
import { manifestFor } from './cache/cache.ts';
import { digestOf, toHex } from './cache/digest.ts';
import { withLock } from './cache/lock.ts';
import { type Manifest, modelKey, type StoredFileRecord } from './cache/store.ts';
import type { StoreThread } from './cache/store-thread.ts';
import { isZeros } from './checkpoint-names.ts';
import { isLong } from './chunk-keepers.ts';
import type { LoadContext, StreamContext } from './load-context.ts';
import { aborted } from './repositories/http.ts';
import { giveZeros } from './split-by-tensor.ts';
import { neededSpans, streamFile } from './stream-file.ts';
import type { TensorInfo, WeightSink } from './types.ts';
import type { WeightFile } from './weight-files.ts';

/** Bytes of the weight files that a load reads. */
export function neededBytes(files: readonly WeightFile[]): number {
  return files.reduce((sum, file) => {
    const spans = neededSpans(file);
    return sum + (spans ? spanBytes(spans) : file.source.bytes);
  }, 0);
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
  progress.start(neededBytes(files));
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
  known: Manifest | undefined,
  files: readonly WeightFile[],
  needed: readonly TensorInfo[],
  sink: WeightSink,
): Promise<void> {
  let starting: Promise<StoreThread | undefined> | undefined;
  const thread = () => {
    starting ??= import('./cache/store-thread.ts').then(
      ({ StoreThread }) => StoreThread.start(),
      // Without a network its script may not be there; a stored model is read all the same.
      () => undefined,
    );
    return starting;
  };
  try {
    await streamInto({ ...context, thread }, known, files, needed, sink);
  } finally {
    (await starting)?.stop();
  }
}

async function streamInto(
  context: StreamContext,
  known: Manifest | undefined,
  files: readonly WeightFile[],
  needed: readonly TensorInfo[],
  sink: WeightSink,
): Promise<void> {
  const { cache, model, progress, settings } = context;
  const key = modelKey(model);
  const long = (file: WeightFile) => isLong(file.source.bytes, settings.chunkBytes);
  const asked = cache.works && !known?.complete && files.some(long);
  const writes = asked && (await context.thread())?.writes === true;
  const stored = known && (await withoutOutdated(context, known, files, writes));
  const records = recordsOf(context, files, (file) => writes && long(file));
  const manifest = stored?.complete ? stored : manifestFor(stored, model, records);
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

/**
 * The stored manifest without the files of which other bytes are needed now than when they were stored, as after an
 * update of this code: their chunks hold zeros there. Without those, too, that cannot be continued as files cannot be
 * written now. Deletes those chunks.
 */
async function withoutOutdated(
  { cache, model }: LoadContext,
  stored: Manifest,
  files: readonly WeightFile[],
  writes: boolean,
): Promise<Manifest> {
  const outdated = stored.files.filter(({ path, spans, inFile, complete }) => {
    if (inFile && !complete && !writes) return true;
    const file = files.find(({ source }) => source.path === path);
    return spans && file && JSON.stringify(spans) !== JSON.stringify(neededSpans(file));
  });
  if (outdated.length === 0) return stored;
  for (const { path } of outdated) await cache.try((store) => store.dropFile(modelKey(model), path));
  return { ...stored, complete: false, files: stored.files.filter((file) => !outdated.includes(file)) };
}

function recordsOf(
  { metadata, settings }: LoadContext,
  files: readonly WeightFile[],
  inFile: (file: WeightFile) => boolean,
): StoredFileRecord[] {
  const texts = [...metadata.read].map(([path, bytes]) => ({
    path,
    bytes: bytes.length,
    chunkBytes: Math.max(1, bytes.length),
    complete: false,
  }));
  const weights = files.map((file) => ({
    path: file.source.path,
    bytes: file.source.bytes,
    sha256: file.source.sha256,
    chunkBytes: settings.chunkBytes,
    spans: neededSpans(file),
    ...(inFile(file) && { inFile: true as const }),
    complete: false,
  }));
  return [...texts, ...weights];
}

/** Stores the metadata files and an incomplete manifest, so that an interrupted download can resume. */
async function begin({ cache, metadata, model }: LoadContext, manifest: Manifest): Promise<void> {
  const key = modelKey(model);
  await cache.try((store) => store.putManifest(manifest));
  await cache.try((store) => store.sweep());
  for (const record of manifest.files) {
    const bytes = metadata.read.get(record.path);
    if (!bytes || record.complete) continue;
    const digest = await digestOf(bytes);
    await cache.try((store) => store.putChunk(key, record.path, 0, bytes, digest));
    Object.assign(record, { complete: true, sha256: toHex(digest) });
  }
  await cache.try((store) => store.putManifest(manifest));
}
