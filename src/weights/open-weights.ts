import { addMissingBiases, dropSharedHead, stripWrapperPrefix } from './checkpoint-names.ts';
import type { LoadContext } from './load-context.ts';
import type { ReadForm } from './other-forms.ts';
import { findTransformersForm, type OtherForm, type TransformersForm } from './published-form.ts';
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

/** Finds out how the model is published and reads config and headers. */
export async function openWeights(context: LoadContext): Promise<OpenedWeights> {
  const { repository, listing, metadata, named } = context;
  const query = {
    id: repository.id,
    files: listing.files,
    named,
    readText: (path: string) => metadata.text(path),
  };
  const form =
    (await findTransformersForm(query)) ??
    (await (await import('./other-forms.ts')).findOtherForm(context, query));
  const { config, files, notices } = await readForm(context, form);
  const joined = joinTensors(files);
  if ('check' in form) form.check?.(joined);
  const prepared = dropSharedHead(addMissingBiases(stripWrapperPrefix(joined)), config);
  const { tensors, strippedPrefix } = prepared;
  const card = { format: form.format, files: files.map(({ source }) => source.path), strippedPrefix };
  const said = [...notices, ...files.flatMap((file) => file.notices), ...prepared.notices];
  return { config, files, tensors, notices: said, card };
}

async function readForm(context: LoadContext, form: TransformersForm | OtherForm): Promise<ReadForm> {
  if ('paths' in form) return readTransformers(context, form);
  context.progress.enter('header', form.path);
  return (await import('./other-forms.ts')).readOtherForm(context, form);
}

/** config.json with safetensors or PyTorch files. */
async function readTransformers(
  context: LoadContext,
  { format, paths }: TransformersForm,
): Promise<ReadForm> {
  const files: WeightFile[] = [];
  for (const path of paths) {
    context.progress.enter('header', path);
    const file = await openFile(context, path);
    files.push(await (format === 'torch' ? readTorch(file) : readSafetensors(file)));
  }
  return { config: await context.metadata.json(fileNames.config), files, notices: [] };
}
