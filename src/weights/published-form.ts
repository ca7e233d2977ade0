import { VitrineError } from '../lib/index.ts';
import { checkShardIndex, parseShardIndex } from './formats/shard-index.ts';
import { fileNames, type ListedFile } from './repositories/repository.ts';
import type { TensorInfo } from './types.ts';

/** Throws VitrineError when the tensors found are not those an index promised. */
export type CheckTensors = (tensors: ReadonlyMap<string, TensorInfo>) => void;

/** How a model is published: the format and files of its weights. */
export type PublishedForm =
  | { format: 'safetensors' | 'torch'; paths: string[]; check?: CheckTensors }
  | { format: 'nanogpt' | 'llm.c' | 'tensorflow'; paths: string[] };

/** The repository data needed to determine the published form. */
export interface FormQuery {
  id: string;
  files: ReadonlyMap<string, ListedFile>;
  /** The file named by the user, if any. */
  named?: string;
  readText(path: string): Promise<string | undefined>;
}

/** Chooses the files to load. Throws `unsupported-format` or `not-found`, with the files seen. */
export async function findForm(query: FormQuery): Promise<PublishedForm> {
  const { files, named } = query;
  if (files.has(fileNames.config)) {
    const form = await transformersForm(query);
    if (form) return form;
  } else if (transformersWeights.some((path) => files.has(path))) throw noConfig(query);
  const paths = named && files.has(named) ? [named] : [...files.keys()];
  const checkpoints = paths.includes(fileNames.nanoGpt)
    ? [fileNames.nanoGpt]
    : paths.filter((path) => /\.pth?$/.test(path));
  if (checkpoints.length > 1) throw askWhich(query.id, checkpoints);
  if (checkpoints[0]) return { format: 'nanogpt', paths: checkpoints };
  if (files.has(fileNames.hparams)) return { format: 'tensorflow', paths: [fileNames.tensorflowData] };
  const binary = paths.filter((path) => /\.bin$/.test(path) && !/tokenizer\.bin$/.test(path));
  if (binary.length > 1) throw askWhich(query.id, binary);
  if (binary[0]) return { format: 'llm.c', paths: binary };
  throw noWeights(query);
}

/** True when a repository holds a model with config.json, whatever else it holds. */
export function hasTransformersModel(files: ReadonlyMap<string, ListedFile>): boolean {
  return files.has(fileNames.config) && transformersWeights.some((path) => files.has(path));
}

const transformersWeights = [
  fileNames.safetensors,
  fileNames.safetensorsIndex,
  fileNames.torch,
  fileNames.torchIndex,
];

/** One safetensors file, or an index and its shards, or the same as PyTorch files. */
async function transformersForm(query: FormQuery): Promise<PublishedForm | undefined> {
  const { files } = query;
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
): Promise<PublishedForm> {
  const text = (await readText(path)) ?? '';
  const index = parseShardIndex(text, path);
  const missing = index.shards.find((shard) => !files.has(shard));
  if (missing === undefined)
    return { format, paths: index.shards, check: (tensors) => checkShardIndex(index, tensors, path) };
  const seen = [...files.keys()].filter((name) => /\.(safetensors|bin)$/.test(name));
  throw new VitrineError(
    'not-found',
    `${id} lacks the shard ${missing}, which ${path} names; ${seen.length ? `it has ${list(seen)}` : 'it has no shard'}. Add the missing file.`,
  );
}

function askWhich(id: string, paths: readonly string[]): VitrineError {
  return new VitrineError(
    'invalid-argument',
    `${id} holds several checkpoints: ${list(paths)}. Name one of them by its address, or choose that file alone.`,
  );
}

function noConfig({ id, files }: FormQuery): VitrineError {
  return new VitrineError(
    'not-found',
    `${id} has no config.json, only ${list([...files.keys()])}. Add the config.json of the model: it says how the weights are used.`,
  );
}

function noWeights({ id, files }: FormQuery): VitrineError {
  const weights = [...files.keys()].filter((path) =>
    /\.(safetensors|bin|h5|msgpack|ot|onnx|gguf|ckpt)$/.test(path),
  );
  const seen = weights.length > 0 ? weights : [...files.keys()];
  const has = seen.length > 0 ? ` It has ${list(seen)}.` : ' It has no files.';
  return new VitrineError(
    'unsupported-format',
    `${id} has no weights that can be read: model.safetensors, pytorch_model.bin, an index of shards, ckpt.pt of nanoGPT, a .bin of llm.c or model.ckpt of TensorFlow.${has} Convert it with save_pretrained (safe_serialization), or name a revision that has safetensors, such as ${id}@refs/pr/1.`,
  );
}

function list(paths: readonly string[]): string {
  const more = paths.length > 5 ? ` and ${paths.length - 5} more` : '';
  return paths.slice(0, 5).join(', ') + more;
}
