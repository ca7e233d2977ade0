import { VitrineError } from '../lib/index.ts';
import { type LoraConfig, parseLoraConfig, planLora } from './formats/lora.ts';
import type { LoadContext } from './load-context.ts';
import { AdapterValues, maxAdapterBytes, mergedTensors, mergingSink } from './merge-lora.ts';
import { fileNames } from './repositories/repository.ts';
import { streamWeights } from './stream-weights.ts';
import type { Checkpoint, TensorInfo } from './types.ts';
import { joinTensors, openFile, readSafetensors, readTorch, type WeightFile } from './weight-files.ts';

/** A LoRA adapter whose config and tensor headers are read. */
export interface OpenedAdapter {
  config: LoraConfig;
  file: WeightFile;
  tensors: Map<string, TensorInfo>;
}

/** Opens the adapter of a repository that has one. */
export async function openAdapter(context: LoadContext): Promise<OpenedAdapter> {
  const { listing, metadata, repository } = context;
  const config = parseLoraConfig(await metadata.json(fileNames.adapterConfig));
  const path = [fileNames.adapterWeights, fileNames.adapterTorch].find((one) => listing.files.has(one));
  if (!path)
    throw new VitrineError(
      'not-found',
      `${repository.id} has ${fileNames.adapterConfig} but no ${fileNames.adapterWeights}. Add it.`,
    );
  context.progress.enter('header', path);
  const opened = await openFile(context, path);
  if (opened.source.bytes > maxAdapterBytes)
    throw new VitrineError(
      'unsupported-format',
      `${path} is ${opened.source.bytes} bytes; adapters up to ${maxAdapterBytes} are merged. Merge it with merge_and_unload and save the whole model.`,
    );
  const file = await (path === fileNames.adapterTorch ? readTorch(opened) : readSafetensors(opened));
  return { config, file, tensors: joinTensors([file]) };
}

/** Legacy base model names without an owner, mapped to repositories. */
const shortNames = /^(gpt2(-medium|-large|-xl)?|distilgpt2)$/;

/** Where the base of an adapter is. Throws `invalid-argument` for a path on the machine it was trained on. */
export function baseOf({ config }: OpenedAdapter, given: string | undefined, id: string): string {
  if (given) return given;
  const name = config.baseModel;
  if (name && shortNames.test(name))
    return name === 'distilgpt2' ? `distilbert/${name}` : `openai-community/${name}`;
  if (name && /^[A-Za-z0-9][\w.-]*\/[\w.-]+$/.test(name)) return name;
  throw new VitrineError(
    'invalid-argument',
    `${id} is an adapter over ${name ? `"${name}"` : 'a model it does not name'}, which cannot be found from here. Name its base with the option baseModel.`,
  );
}

export interface MergeOptions {
  adapterId: string;
  /** Whether the sink receives changed matrices as they were, too. Default false. */
  keepBase?: boolean;
  /** Supplies the adapter's values, unless the base streams them itself. */
  readAdapter?(values: AdapterValues): Promise<void>;
}

/** The base with the adapter added while it streams. */
export function withAdapter(
  base: Checkpoint,
  adapter: OpenedAdapter,
  { adapterId, keepBase = false, readAdapter }: MergeOptions,
): Checkpoint {
  const plan = planLora(adapter.config, adapter.tensors, base.tensors);
  const tensors = mergedTensors(base.tensors, plan, keepBase);
  const facts = `rank ${adapter.config.rank}, ${plan.size} matrices`;
  const notice =
    adapterId === base.id
      ? `The LoRA adapter beside the weights (${facts}) is merged into them.`
      : `The LoRA adapter ${adapterId} (${facts}) is merged into ${base.id}.`;
  return {
    ...base,
    tensors,
    notices: [...(base.notices ?? []), notice],
    card: base.card && { ...base.card, adapter: { id: adapterId, base: base.id, rank: adapter.config.rank } },
    async stream(wanted, sink) {
      const values = new AdapterValues();
      await readAdapter?.(values);
      const merging = mergingSink(sink, tensors, plan, values);
      const wantedOf = (tensor: TensorInfo | undefined) => tensor === undefined || wanted(tensor);
      await base.stream(({ name }) => wantedOf(tensors.get(name)), merging);
    },
  };
}

/** Streams an adapter from its own repository. */
export function streamAdapter(
  context: LoadContext,
  { file, tensors }: OpenedAdapter,
  values: AdapterValues,
): Promise<void> {
  return streamWeights(context, [file], tensors, () => true, values);
}
