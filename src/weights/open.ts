import { VitrineError } from '../lib/index.ts';
import { chunksInOrder } from './chunks.ts';
import { startHash, toHex } from './digest.ts';
import { aborted, Http } from './http.ts';
import { fileNames, type ListedFile, type Listing, type Origin } from './origin.ts';
import { filesOrigin } from './origin-files.ts';
import { folderOrigin } from './origin-folder.ts';
import { hubOrigin } from './origin-hub.ts';
import { Meter } from './progress.ts';
import { tensorRouter } from './route.ts';
import { transportSettings } from './settings.ts';
import { parseSource } from './source.ts';
import type {
  Checkpoint,
  ModelSource,
  OpenOptions,
  TensorInfo,
  TokenizerTexts,
  WeightSink,
} from './types.ts';
import { chooseWeights, joinTensors, readSafetensors, type WeightFile } from './weight-files.ts';

/**
 * Finds a model's files, reads its config, tokenizer and tensor headers, and stands ready to stream the weights.
 * Throws `invalid-argument`, `not-found`, `gated`, `network`, `http-status`, `safetensors-invalid`,
 * `unsupported-format` or `aborted`.
 */
export async function openCheckpoint(source: ModelSource, options: OpenOptions = {}): Promise<Checkpoint> {
  const control = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, control.signal]) : control.signal;
  const settings = transportSettings(options.transport);
  const origin = originOf(source, options, signal);
  const meter = new Meter(options.onProgress);
  try {
    meter.enter('config', fileNames.config);
    const listing = await origin.pin();
    return await assemble({ origin, listing, meter, settings, signal, control });
  } catch (error) {
    control.abort();
    throw options.signal?.aborted ? aborted(options.signal) : error;
  }
}

function originOf(source: ModelSource, options: OpenOptions, signal: AbortSignal): Origin {
  const parsed = parseSource(source, options);
  const settings = transportSettings(options.transport);
  const auth =
    parsed.kind === 'hub' && options.token
      ? { origin: new URL(parsed.hub).origin, token: options.token }
      : undefined;
  const http = new Http({ settings, signal, auth });
  switch (parsed.kind) {
    case 'files':
      return filesOrigin(parsed.id, parsed.files);
    case 'hub':
      return hubOrigin(http, parsed.hub, parsed.id, parsed.revision);
    case 'folder':
      return folderOrigin(http, parsed.id, parsed.base);
    case 'bundled':
      return folderOrigin(http, parsed.id, parsed.base, parsed.paths);
  }
}

interface Parts {
  origin: Origin;
  listing: Listing;
  meter: Meter;
  settings: ReturnType<typeof transportSettings>;
  signal: AbortSignal;
  control: AbortController;
}

async function assemble(parts: Parts): Promise<Checkpoint> {
  const { origin, listing, meter } = parts;
  const readText = async (path: string) => {
    const file = listing.files.get(path);
    if (!file) return undefined;
    const bytes = file.whole ?? (await origin.readWhole(listing.revision, path));
    return bytes && new TextDecoder().decode(bytes);
  };
  const config = await readJson(origin.id, readText, fileNames.config);
  if (config === undefined)
    throw new VitrineError(
      'not-found',
      `${origin.id} has no config.json, so it is no model that can be loaded.`,
    );
  const generationConfig = await readJson(origin.id, readText, fileNames.generationConfig);
  meter.enter('tokenizer', fileNames.tokenizerJson);
  const tokenizer = await readTokenizer(readText);
  const files = await readHeaders(parts, readText);
  const totalBytes = files.reduce((sum, file) => sum + file.source.bytes, 0);
  meter.totalBytes = totalBytes;
  return {
    id: origin.id,
    revision: listing.revision,
    config,
    generationConfig,
    tokenizer,
    tensors: joinTensors(files),
    totalBytes,
    stream: (wanted, sink) => streamAll(parts, files, wanted, sink),
    close: () => parts.control.abort(new VitrineError('disposed', `The checkpoint ${origin.id} was closed.`)),
  };
}

async function readHeaders(
  parts: Parts,
  readText: (path: string) => Promise<string | undefined>,
): Promise<WeightFile[]> {
  const { origin, listing, meter } = parts;
  const choice = await chooseWeights(origin.id, listing.files, readText);
  const files: WeightFile[] = [];
  for (const path of choice.paths) {
    meter.enter('header', path);
    const listed = listing.files.get(path) as ListedFile;
    if (listed.bytes === undefined)
      throw new VitrineError('http-status', `The size of ${origin.id}/${path} is not known.`);
    const source = origin.open(listing.revision, { ...listed, bytes: listed.bytes });
    if (choice.format === 'torch')
      throw new VitrineError(
        'unsupported-format',
        `${origin.id} has only ${path}. Name a revision that has safetensors, such as ${origin.id}@refs/pr/1.`,
      );
    files.push(await readSafetensors(source, listed.head));
  }
  return files;
}

async function readTokenizer(
  readText: (path: string) => Promise<string | undefined>,
): Promise<TokenizerTexts> {
  const [tokenizerJson, tokenizerConfigJson, specialTokensMapJson, addedTokensJson] = await Promise.all([
    readText(fileNames.tokenizerJson),
    readText(fileNames.tokenizerConfigJson),
    readText(fileNames.specialTokensMapJson),
    readText(fileNames.addedTokensJson),
  ]);
  const texts = { tokenizerJson, tokenizerConfigJson, specialTokensMapJson, addedTokensJson };
  if (tokenizerJson !== undefined) return texts;
  const [vocabJson, mergesTxt] = await Promise.all([
    readText(fileNames.vocabJson),
    readText(fileNames.mergesTxt),
  ]);
  return { ...texts, vocabJson, mergesTxt };
}

async function readJson(
  id: string,
  readText: (path: string) => Promise<string | undefined>,
  path: string,
): Promise<unknown> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('config-unsupported', `${path} of ${id} is not JSON.`, { cause });
  }
}

async function streamAll(
  parts: Parts,
  files: readonly WeightFile[],
  wanted: (tensor: TensorInfo) => boolean,
  sink: WeightSink,
): Promise<void> {
  parts.meter.start(files.reduce((sum, file) => sum + file.source.bytes, 0));
  for (const file of files) {
    parts.meter.enter('weights', file.source.path);
    await streamFile(parts, file, wanted, sink);
  }
}

async function streamFile(
  { settings, meter, signal, origin }: Parts,
  { source, prefix, tensors }: WeightFile,
  wanted: (tensor: TensorInfo) => boolean,
  sink: WeightSink,
): Promise<void> {
  const deliver = tensorRouter(tensors.filter(wanted), sink);
  const hash = startHash();
  for await (const chunk of chunksInOrder({ file: source, settings, prefix })) {
    if (signal.aborted) throw aborted(signal);
    hash.update(chunk.bytes);
    await deliver(chunk.index * settings.chunkBytes, chunk.bytes);
    meter.add(chunk.bytes.length, chunk.fromCache);
  }
  const seen = toHex(hash.digest());
  if (source.sha256 && seen !== source.sha256)
    throw new VitrineError(
      'integrity',
      `${origin.id}/${source.path} arrived damaged: its SHA-256 is ${seen}, it should be ${source.sha256}. Nothing was kept; load it again, or from another server.`,
    );
}
