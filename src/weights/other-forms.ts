/** How GPT-2s are published without config.json. Loaded when a repository has none. */
import { VitrineError } from '../lib/index.ts';
import { identifiedBytes, refuseOtherFormats } from './formats/identify-file.ts';
import type { LoadContext } from './load-context.ts';
import { type FormQuery, listPaths, type OtherForm, transformersWeights } from './published-form.ts';
import { fileNames } from './repositories/repository.ts';
import { openFile, readTorch, type WeightFile } from './weight-files.ts';

/** Config in config.json's terms, files and notices of a published form. */
export interface ReadForm {
  config: unknown;
  files: WeightFile[];
  notices: string[];
}

/** Chooses the checkpoint to load. Throws `unsupported-format`, `not-found` or `invalid-argument`, with the files seen. */
export async function findOtherForm(context: LoadContext, query: FormQuery): Promise<OtherForm> {
  const { files, named } = query;
  if (!files.has(fileNames.config) && transformersWeights.some((path) => files.has(path)))
    throw noConfig(query);
  const paths = named && files.has(named) ? [named] : [...files.keys()];
  const checkpoints = paths.includes(fileNames.nanoGpt)
    ? [fileNames.nanoGpt]
    : paths.filter((path) => /\.pth?$/.test(path));
  if (checkpoints.length > 1) throw askWhich(query.id, checkpoints);
  if (checkpoints[0]) return { format: 'nanogpt', path: checkpoints[0] };
  if (files.has(fileNames.hparams)) return { format: 'tensorflow', path: fileNames.hparams };
  const binary = paths.filter((path) => /\.bin$/.test(path) && !/tokenizer\.bin$/.test(path));
  if (binary.length > 1) throw askWhich(query.id, binary);
  if (binary[0]) return { format: 'llm.c', path: binary[0] };
  await refuseForeignFiles(context, paths);
  throw noWeights(query);
}

/** Files that may hold a model in a form that is not read. */
const foreign = /\.(gguf|ggml|onnx|h5|hdf5|msgpack|ot|tflite|zip|tar|gz|tgz|safetensors)$/i;

/** Says what a file is that is not read, if there is one. */
async function refuseForeignFiles(context: LoadContext, paths: readonly string[]): Promise<void> {
  for (const path of paths.filter((one) => foreign.test(one)).slice(0, 3)) {
    const file = await openFile(context, path);
    refuseOtherFormats(await file.read(0, Math.min(identifiedBytes, file.source.bytes)), path);
  }
}

/** Reads the config and the headers of such a checkpoint. */
export function readOtherForm(context: LoadContext, { format, path }: OtherForm): Promise<ReadForm> {
  switch (format) {
    case 'nanogpt':
      return readNanoGptForm(context, path);
    case 'llm.c':
      return readLlmcForm(context, path);
    case 'tensorflow':
      return readTensorflowForm(context);
  }
}

async function readNanoGptForm(context: LoadContext, path: string): Promise<ReadForm> {
  const file = await readTorch(await openFile(context, path));
  const { isNanoGpt, readNanoGpt } = await import('./formats/nanogpt.ts');
  if (!isNanoGpt(file.entries))
    throw new VitrineError(
      'not-found',
      `${path} has no model_args as nanoGPT writes them, and there is no config.json beside it. Add the config.json of the model.`,
    );
  const { config, tensors, notices } = readNanoGpt(path, file.entries, file.tensors, context.nanoGptGelu);
  return { config, files: [{ ...file, tensors }], notices };
}

async function readLlmcForm(context: LoadContext, path: string): Promise<ReadForm> {
  const { isLlmc, llmcHeaderBytes, readLlmc } = await import('./formats/llmc.ts');
  const file = await openFile(context, path);
  const { source } = file;
  const front = await file.read(0, Math.min(llmcHeaderBytes, source.bytes));
  refuseOtherFormats(front.subarray(0, identifiedBytes), path);
  if (!isLlmc(front))
    throw new VitrineError(
      'unsupported-format',
      `${path} is no checkpoint of llm.c, and there is no config.json beside it. Add the config.json of the model, or choose another file.`,
    );
  const { config, tensors } = readLlmc(front, { file: path, fileBytes: source.bytes });
  return { config, files: [{ source, tensors, notices: [] }], notices: [] };
}

async function readTensorflowForm(context: LoadContext): Promise<ReadForm> {
  const { dataFileName, prefixOf, readTensorflow, shardCount } = await import('./formats/tensorflow.ts');
  const { metadata, repository, listing } = context;
  const prefix = prefixOf(await metadata.text(fileNames.tensorflowCheckpoint));
  const at = `${prefix}.index`;
  const index = await metadata.bytes(at);
  const missing = (path: string, why: string) =>
    new VitrineError(
      'not-found',
      `${repository.id} has no ${path}, which ${why}; it has ${listPaths([...listing.files.keys()])}. Add the missing file.`,
    );
  if (!index) throw missing(at, 'says where the tensors are');
  const count = shardCount(index, at);
  const paths = Array.from({ length: count }, (_, shard) => dataFileName(prefix, shard, count));
  const absent = paths.find((path) => !listing.files.has(path));
  if (absent) throw missing(absent, `${at} names`);
  const sources = [];
  for (const path of paths) sources.push((await openFile(context, path)).source);
  const data = sources.map(({ path, bytes }) => ({ file: path, fileBytes: bytes }));
  const { config, tensors } = readTensorflow(index, await metadata.json(fileNames.hparams), { at, data });
  const files = sources.map((source) => ({
    source,
    tensors: tensors.filter(({ file }) => file === source.path),
    notices: [],
  }));
  return { config, files, notices: [] };
}

function askWhich(id: string, paths: readonly string[]): VitrineError {
  return new VitrineError(
    'invalid-argument',
    `${id} holds several checkpoints: ${listPaths(paths)}. Name one of them by its address, or choose that file alone.`,
  );
}

function noConfig({ id, files }: FormQuery): VitrineError {
  return new VitrineError(
    'not-found',
    `${id} has no config.json, only ${listPaths([...files.keys()])}. Add the config.json of the model: it says how the weights are used.`,
  );
}

function noWeights({ id, files }: FormQuery): VitrineError {
  const weights = [...files.keys()].filter((path) =>
    /\.(safetensors|bin|h5|msgpack|ot|onnx|gguf|ckpt)$/.test(path),
  );
  const seen = weights.length > 0 ? weights : [...files.keys()];
  const has = seen.length > 0 ? ` It has ${listPaths(seen)}.` : ' It has no files.';
  return new VitrineError(
    'unsupported-format',
    `${id} has no weights that can be read: model.safetensors, pytorch_model.bin, an index of shards, ckpt.pt of nanoGPT, a .bin of llm.c or model.ckpt of TensorFlow.${has} Convert it with save_pretrained (safe_serialization), or name a revision that has safetensors, such as ${id}@refs/pr/1.`,
  );
}
