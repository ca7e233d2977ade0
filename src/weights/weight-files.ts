import { VitrineError } from '../lib/index.ts';
import { parseSafetensorsHeader, readHeaderLength } from './formats/safetensors.ts';
import { collect, fileNames, type ListedFile, type RepositoryFile } from './repositories/repository.ts';
import type { TensorInfo } from './types.ts';

/** A weight file whose header is read and judged. */
export interface WeightFile {
  source: RepositoryFile;
  /** First bytes of the file, so that they need not be asked for again. */
  prefix: Uint8Array<ArrayBuffer> | undefined;
  tensors: TensorInfo[];
  /** What the user may want to know about the file. */
  notices: string[];
}

/** A model's weights: which files of the listing they are in. */
export type WeightChoice = { format: 'safetensors' | 'torch'; paths: string[]; check?: CheckTensors };

/** Throws VitrineError when the tensors found are not those an index promised. */
export type CheckTensors = (tensors: ReadonlyMap<string, TensorInfo>) => void;

const firstRead = 64 * 1024;

/** Chooses the files to load: one safetensors file, or an index and its shards, or a PyTorch checkpoint. */
export async function chooseWeights(
  id: string,
  files: ReadonlyMap<string, ListedFile>,
  readText: (path: string) => Promise<string | undefined>,
): Promise<WeightChoice> {
  if (files.has(fileNames.safetensors)) return { format: 'safetensors', paths: [fileNames.safetensors] };
  if (files.has(fileNames.safetensorsIndex)) {
    const text = (await readText(fileNames.safetensorsIndex)) ?? '';
    // A part of its own, for few models are in shards.
    const { checkShardIndex, parseShardIndex } = await import('./formats/shard-index.ts');
    const index = parseShardIndex(text, fileNames.safetensorsIndex);
    const missing = index.shards.find((path) => !files.has(path));
    if (missing === undefined) {
      const check: CheckTensors = (tensors) => checkShardIndex(index, tensors, fileNames.safetensorsIndex);
      return { format: 'safetensors', paths: index.shards, check };
    }
    throw new VitrineError('not-found', `${id} lacks the shard ${missing}, which its index names.`);
  }
  if (files.has(fileNames.torch)) return { format: 'torch', paths: [fileNames.torch] };
  const others = [...files.keys()].filter((path) =>
    /\.(safetensors|bin|h5|msgpack|ot|onnx|gguf|pt|pth)$/.test(path),
  );
  const seen = others.length > 0 ? ` It has ${others.slice(0, 5).join(', ')}.` : '';
  throw new VitrineError(
    'unsupported-format',
    `${id} has no model.safetensors.${seen} Convert it with save_pretrained (safe_serialization), or name a revision that has safetensors, such as ${id}@refs/pr/1.`,
  );
}

/** Reads the header of a safetensors file and nothing else. */
export async function readSafetensors(
  source: RepositoryFile,
  head: Uint8Array<ArrayBuffer> | undefined,
): Promise<WeightFile> {
  const first =
    head ??
    (await collect(source.read(0, Math.min(firstRead, source.bytes)), Math.min(firstRead, source.bytes)));
  const end = 8 + readHeaderLength(first.subarray(0, 8), source.bytes, source.path);
  let prefix = first;
  if (end > first.length) {
    prefix = new Uint8Array(end);
    prefix.set(first);
    prefix.set(await collect(source.read(first.length, end), end - first.length), first.length);
  }
  const at = { file: source.path, fileBytes: source.bytes };
  const { tensors, notices } = parseSafetensorsHeader(prefix.subarray(8, end), at);
  return { source, prefix, tensors, notices };
}

/** Reads the directory of a PyTorch checkpoint; nothing in it is executed. */
export async function readTorch(
  source: RepositoryFile,
  read: (begin: number, end: number) => Promise<Uint8Array<ArrayBuffer>>,
): Promise<WeightFile> {
  // A part of its own: who loads safetensors never fetches it.
  const { readTorchCheckpoint } = await import('./formats/torch-checkpoint.ts');
  const { tensors } = await readTorchCheckpoint(read, { file: source.path, fileBytes: source.bytes });
  return { source, prefix: undefined, tensors, notices: [] };
}

/** All tensors by name; no two files may hold the same one, and an index, if any, must be right about each. */
export function joinTensors(files: readonly WeightFile[], check?: CheckTensors): Map<string, TensorInfo> {
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
  check?.(tensors);
  return tensors;
}
