import { VitrineError } from '../lib/index.ts';
import { checkShardIndex, parseShardIndex } from './formats/shard-index.ts';
import { fileNames, type ListedFile } from './repositories/repository.ts';
import type { TensorInfo } from './types.ts';

/** Throws VitrineError when the tensors found are not those an index promised. */
export type CheckTensors = (tensors: ReadonlyMap<string, TensorInfo>) => void;

/** A model with config.json: the format and files of its weights. */
export interface TransformersForm {
  format: 'safetensors' | 'torch';
  paths: string[];
  check?: CheckTensors;
}

/** A checkpoint without config.json, and the file it is found by. */
export interface OtherForm {
  format: 'nanogpt' | 'llm.c' | 'tensorflow';
  path: string;
}

/** The repository data needed to determine the published form. */
export interface FormQuery {
  id: string;
  files: ReadonlyMap<string, ListedFile>;
  /** The file named by the user, if any. */
  named?: string;
  readText(path: string): Promise<string | undefined>;
}

/** True when a repository holds a model with config.json, whatever else it holds. */
export function hasTransformersModel(files: ReadonlyMap<string, ListedFile>): boolean {
  return files.has(fileNames.config) && transformersWeights.some((path) => files.has(path));
}

export const transformersWeights = [
  fileNames.safetensors,
  fileNames.safetensorsIndex,
  fileNames.torch,
  fileNames.torchIndex,
];

/** One safetensors file, or an index and its shards, or the same as PyTorch files; undefined for other forms. */
export async function findTransformersForm(query: FormQuery): Promise<TransformersForm | undefined> {
  const { files } = query;
  if (!files.has(fileNames.config)) return undefined;
  if (files.has(fileNames.safetensors)) return { format: 'safetensors', paths: [fileNames.safetensors] };
  if (files.has(fileNames.safetensorsIndex))
    return shardedForm(query, 'safetensors', fileNames.safetensorsIndex);
  if (files.has(fileNames.torch)) return { format: 'torch', paths: [fileNames.torch] };
  if (files.has(fileNames.torchIndex)) return shardedForm(query, 'torch', fileNames.torchIndex);
  return undefined;
}

async function shardedForm(
  { id, files, readText }: FormQuery,
  format: 'safetensors' | 'torch',
  path: string,
): Promise<TransformersForm> {
  const text = (await readText(path)) ?? '';
  const index = parseShardIndex(text, path);
  const missing = index.shards.find((shard) => !files.has(shard));
  if (missing === undefined)
    return { format, paths: index.shards, check: (tensors) => checkShardIndex(index, tensors, path) };
  const seen = [...files.keys()].filter((name) => /\.(safetensors|bin)$/.test(name));
  throw new VitrineError(
    'not-found',
    `${id} lacks the shard ${missing}, which ${path} names; ${seen.length ? `it has ${listPaths(seen)}` : 'it has no shard'}. Add the missing file.`,
  );
}

/** The first names of a list of files, and how many there are besides. */
export function listPaths(paths: readonly string[]): string {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  return paths.slice(0, 5).join(', ') + more;
}
