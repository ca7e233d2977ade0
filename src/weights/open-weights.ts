import { VitrineError } from '../lib/index.ts';
import { addMissingBiases, dropSharedHead, stripWrapperPrefix } from './checkpoint-names.ts';
import { identifiedBytes, refuseOtherFormats } from './formats/identify-file.ts';
import type { LoadContext } from './load-context.ts';
import { findForm, type PublishedForm } from './published-form.ts';
import { fileNames } from './repositories/repository.ts';
import type { CheckpointCard, TensorInfo } from './types.ts';
import { joinTensors, openFile, readSafetensors, readTorch, type WeightFile } from './weight-files.ts';

/** A model's weights with their headers read, under transformers' names and shapes. */
export interface OpenedWeights {
  /** In config.json's terms, for every published form. */
  config: unknown;
  files: WeightFile[];
  tensors: Map<string, TensorInfo>;
  notices: string[];
  card: CheckpointCard;
}

/** Result of the reader of one published form. */
type Read = Pick<OpenedWeights, 'config' | 'files' | 'notices'>;

/** Finds out how the model is published and reads config and headers. */
export async function openWeights(context: LoadContext): Promise<OpenedWeights> {
  const { repository, listing, metadata, named } = context;
  const form = await findForm({
    id: repository.id,
    files: listing.files,
    named,
    readText: (path) => metadata.text(path),
  });
  const { config, files, notices } = await readForm(context, form);
  const joined = joinTensors(files);
  if ('check' in form) form.check?.(joined);
  const prepared = dropSharedHead(addMissingBiases(stripWrapperPrefix(joined)), config);
  const { tensors, strippedPrefix } = prepared;
  const card = { format: form.format, files: form.paths, strippedPrefix };
  const said = [...notices, ...files.flatMap((file) => file.notices), ...prepared.notices];
  return { config, files, tensors, notices: said, card };
}

async function readForm(context: LoadContext, form: PublishedForm): Promise<Read> {
  const path = form.paths[0] ?? '';
  context.progress.enter('header', path);
  switch (form.format) {
    case 'safetensors':
    case 'torch':
      return readTransformers(context, form.format, form.paths);
    case 'nanogpt':
      return readNanoGptForm(context, path);
    case 'llm.c':
      return readLlmcForm(context, path);
    case 'tensorflow':
      return readTensorflowForm(context, path);
  }
}

/** config.json with safetensors or PyTorch files. */
async function readTransformers(
  context: LoadContext,
  format: 'safetensors' | 'torch',
  paths: readonly string[],
): Promise<Read> {
  const files: WeightFile[] = [];
  for (const path of paths) {
    context.progress.enter('header', path);
    const file = await openFile(context, path);
    files.push(await (format === 'torch' ? readTorch(file) : readSafetensors(file)));
  }
  return { config: await context.metadata.json(fileNames.config), files, notices: [] };
}

async function readNanoGptForm(context: LoadContext, path: string): Promise<Read> {
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

async function readLlmcForm(context: LoadContext, path: string): Promise<Read> {
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

async function readTensorflowForm(context: LoadContext, path: string): Promise<Read> {
  const { readTensorflow } = await import('./formats/tensorflow.ts');
  const index = await context.metadata.bytes(fileNames.tensorflowIndex);
  if (!index)
    throw new VitrineError(
      'not-found',
      `${context.repository.id} has no ${fileNames.tensorflowIndex}, which says where the tensors are. Add it.`,
    );
  const { source } = await openFile(context, path);
  const hparams = await context.metadata.json(fileNames.hparams);
  const { config, tensors } = readTensorflow(index, hparams, { file: path, fileBytes: source.bytes });
  return { config, files: [{ source, tensors, notices: [] }], notices: [] };
}
