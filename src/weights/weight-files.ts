import { VitrineError } from '../lib/index.ts';
import type { ByteSpan } from './byte-spans.ts';
import type { StoredFile } from './cache/cache.ts';
import { modelKey } from './cache/store.ts';
import { identifiedBytes, refuseOtherFormats } from './formats/identify-file.ts';
import { parseSafetensorsHeader, readHeaderLength } from './formats/safetensors.ts';
import { narrowF64 } from './formats/strided-layout.ts';
import type { TorchCheckpoint } from './formats/torch-checkpoint.ts';
import type { LoadContext } from './load-context.ts';
import { rangeReader } from './range-reader.ts';
import type { RepositoryFile } from './repositories/repository.ts';
import type { TensorInfo } from './types.ts';

/** A weight file with a validated header. */
export interface WeightFile {
  source: RepositoryFile;
  /** First bytes of the file, so that they need not be requested again. */
  prefix?: Uint8Array<ArrayBuffer>;
  tensors: TensorInfo[];
  /** Notices about the file for the user. */
  notices: string[];
  /**
   * Byte ranges that reading its directory took, of a file that holds much besides the model, such as an optimizer:
   * only these and the tensors' are read and stored. Undefined for a file that is read whole.
   */
  ranges?: readonly ByteSpan[];
}

/** A file that can be read in ranges, from the storage where its chunks are there. */
export interface OpenedFile {
  source: RepositoryFile;
  stored: StoredFile | undefined;
  /** The first bytes, if already received while probing the file. */
  head: Uint8Array<ArrayBuffer> | undefined;
  read(begin: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
  /** All ranges read so far. */
  ranges: ByteSpan[];
}

/** Opens a file of the listing. */
export async function openFile(context: LoadContext, path: string): Promise<OpenedFile> {
  const { repository, listing, manifest, cache, model } = context;
  const listed = listing.files.get(path);
  if (!listed) throw new VitrineError('not-found', `${repository.id} has no ${path}, which the model needs.`);
  if (listed.bytes === undefined)
    throw new VitrineError('http-status', `The size of ${repository.id}/${path} is not known.`);
  const source = repository.open(listing.revision, { ...listed, bytes: listed.bytes });
  const record = manifest?.files.find((file) => file.path === path && file.bytes === source.bytes);
  const stored = record && (await cache.file(modelKey(model), record));
  const read = rangeReader(source, stored, record?.chunkBytes ?? source.bytes, listed.head);
  const ranges: ByteSpan[] = [];
  return {
    source,
    stored,
    head: listed.head,
    ranges,
    read(begin, end) {
      ranges.push([begin, end]);
      return read(begin, end);
    },
  };
}

const firstRead = 64 * 1024;

/** Reads the header of a safetensors file and nothing else. */
export async function readSafetensors(file: OpenedFile): Promise<WeightFile> {
  const { source, stored } = file;
  const kept = stored?.has(0) ? await stored.read(0) : undefined;
  const first = kept ?? file.head ?? (await file.read(0, Math.min(firstRead, source.bytes)));
  refuseOtherFormats(first.subarray(0, identifiedBytes), source.path);
  const end = 8 + readHeaderLength(first.subarray(0, 8), source.bytes, source.path);
  let prefix = first;
  if (end > first.length) {
    prefix = new Uint8Array(end);
    prefix.set(first);
    prefix.set(await file.read(first.length, end), first.length);
  }
  const at = { file: source.path, fileBytes: source.bytes };
  const { tensors, notices } = parseSafetensorsHeader(prefix.subarray(8, end), at);
  // Stored data need not be kept in memory.
  return { source, prefix: kept ? undefined : prefix, tensors: tensors.map(narrowF64), notices };
}

/** Reads the directory of a PyTorch checkpoint and its small values; nothing in it is executed. */
export async function readTorch(file: OpenedFile): Promise<WeightFile & Pick<TorchCheckpoint, 'entries'>> {
  const { source } = file;
  refuseOtherFormats(await file.read(0, Math.min(identifiedBytes, source.bytes)), source.path);
  const { readTorchCheckpoint } = await import('./formats/torch-checkpoint.ts');
  const at = { file: source.path, fileBytes: source.bytes };
  const { tensors, entries } = await readTorchCheckpoint(file.read, at);
  return { source, tensors, entries, notices: [], ranges: entries.size > 0 ? file.ranges : undefined };
}

/** All tensors by name; no two files may hold the same one. */
export function joinTensors(files: readonly WeightFile[]): Map<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  for (const file of files)
    for (const tensor of file.tensors) {
      const other = tensors.get(tensor.name);
      if (other)
        throw new VitrineError(
          'safetensors-invalid',
          `The tensor ${tensor.name} is in both ${other.file} and ${tensor.file}.`,
        );
      tensors.set(tensor.name, tensor);
    }
  return tensors;
}
