import { VitrineError } from '../lib/index.ts';
import { Cache } from './cache/cache.ts';
import { type Manifest, modelKey } from './cache/store.ts';
import type { LoadContext } from './load-context.ts';
import { MetadataFiles } from './metadata-files.ts';
import type { OpenedAdapter } from './open-adapter.ts';
import { openWeights } from './open-weights.ts';
import { ProgressReporter } from './progress.ts';
import { hasTransformersModel } from './published-form.ts';
import { aborted, Http } from './repositories/http.ts';
import { httpFolder } from './repositories/http-folder.ts';
import { hubRepository } from './repositories/hub.ts';
import { fileNames, type Listing, type Repository } from './repositories/repository.ts';
import { type ParsedSource, parseSource } from './repositories/source.ts';
import { transportOptions } from './repositories/transport-options.ts';
import { verifyKnown } from './repositories/verify-known.ts';
import { neededBytes, streamWeights } from './stream-weights.ts';
import type { Checkpoint, ModelSource, OpenOptions, TransportOptions } from './types.ts';

/**
 * Finds a model's files and reads its config, tokenizer and tensor headers; the weights can be streamed afterwards.
 * A complete stored copy is used without the network; offline, the last revision seen is used.
 * Throws `invalid-argument`, `not-found`, `gated`, `network`, `http-status`, `integrity`, `safetensors-invalid`,
 * `unsupported-format`, `config-unsupported` or `aborted`.
 */
export function openCheckpoint(source: ModelSource, options: OpenOptions = {}): Promise<Checkpoint> {
  return openOver(source, options, undefined);
}

/** @param overlay id of the adapter that is merged into what is opened */
async function openOver(
  source: ModelSource,
  options: OpenOptions,
  overlay: string | undefined,
): Promise<Checkpoint> {
  const control = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, control.signal]) : control.signal;
  const settings = transportOptions(options.transport);
  const parsed = parseSource(source, options);
  const repository = await repositoryOf(parsed, options, settings, signal);
  const progress = new ProgressReporter(options.onProgress);
  try {
    if (signal.aborted) throw aborted(signal);
    progress.enter('config', fileNames.config);
    const cache = await Cache.open(options.cache !== false && repository.stored, (text) =>
      progress.notice(text),
    );
    const { listing, manifest } = await findRevision(repository, cache, options.refresh ?? false);
    const { id, scope, ref } = repository;
    const model = { id, scope, revision: listing.revision, ref };
    const context: OpenContext = {
      ...{ repository, listing, progress, settings, signal, control, cache, model, manifest },
      metadata: new MetadataFiles(repository, listing, cache, modelKey(model), manifest),
      named: 'file' in parsed ? parsed.file : undefined,
      nanoGptGelu: options.nanoGptGelu,
    };
    return await assemble(context, options, overlay);
  } catch (error) {
    control.abort();
    throw options.signal?.aborted ? aborted(options.signal) : error;
  }
}

async function repositoryOf(
  parsed: ParsedSource,
  options: OpenOptions,
  settings: TransportOptions,
  signal: AbortSignal,
): Promise<Repository> {
  const token = parsed.kind === 'hub' ? options.token : undefined;
  const auth = parsed.kind === 'hub' && token ? { origin: new URL(parsed.hub).origin, token } : undefined;
  const http = new Http({ settings, signal, auth });
  switch (parsed.kind) {
    case 'files':
      // Loaded lazily, since most models come from the network.
      return (await import('./repositories/local-files.ts')).localFiles(parsed.id, parsed.files);
    case 'hub':
      return hubRepository(http, parsed.hub, parsed.id, parsed.revision);
    case 'folder':
      return httpFolder(http, parsed);
    case 'bundled':
      return httpFolder(http, parsed);
  }
}

interface Found {
  listing: Listing;
  manifest: Manifest | undefined;
}

/**
 * Chooses the revision to load. A repository's stored copy is used until a refresh is requested. A folder,
 * which has no revisions, is checked each time; its stored copy is used when it cannot be reached.
 */
async function findRevision(repository: Repository, cache: Cache, refresh: boolean): Promise<Found> {
  const stored = await storedCopy(repository, cache);
  const complete = stored?.complete ? stored : undefined;
  if (complete && repository.ref !== undefined && !refresh)
    return { listing: listingOf(complete), manifest: complete };
  try {
    const listing = verifyKnown(repository.id, await repository.resolveRevision(complete ? 2 : undefined));
    return { listing, manifest: await storedRevision(repository, cache, listing.revision) };
  } catch (error) {
    const away = error instanceof VitrineError && (error.code === 'network' || error.code === 'http-status');
    if (complete && away) return { listing: listingOf(complete), manifest: complete };
    throw error;
  }
}

/** The revision last loaded under this name; a commit identifies its copy directly. */
async function storedCopy(repository: Repository, cache: Cache): Promise<Manifest | undefined> {
  const { scope, id, ref = '' } = repository;
  const last = await cache.try((store) => store.ref(scope, id, ref));
  return storedRevision(repository, cache, last ?? ref);
}

function storedRevision(
  repository: Repository,
  cache: Cache,
  revision: string,
): Promise<Manifest | undefined> {
  const { scope, id } = repository;
  return cache.try((store) => store.manifest(modelKey({ scope, id, revision })));
}

function listingOf(manifest: Manifest): Listing {
  const files = manifest.files.map(({ path, bytes, sha256 }) => [path, { path, bytes, sha256 }] as const);
  // A stored copy may have been imported, so its checksums are verified too.
  return verifyKnown(manifest.id, { revision: manifest.revision, files: new Map(files) });
}

type OpenContext = LoadContext & { control: AbortController };

async function assemble(
  context: OpenContext,
  options: OpenOptions,
  overlay: string | undefined,
): Promise<Checkpoint> {
  // Few models have an adapter: its code is fetched for those.
  const adapters = context.listing.files.has(fileNames.adapterConfig)
    ? await import('./open-adapter.ts')
    : undefined;
  const adapter = await adapters?.openAdapter(context);
  if (adapter && overlay !== undefined)
    throw new VitrineError(
      'unsupported-format',
      `${overlay} is an adapter over ${context.repository.id}, which has an adapter itself. Merge that one with merge_and_unload, or name a plain model with the option baseModel.`,
    );
  if (adapter && !hasTransformersModel(context.listing.files)) return overBase(context, adapter, options);
  const checkpoint = await wholeModel(context, adapter);
  if (!adapters || !adapter) return checkpoint;
  const { keepBase } = options;
  return adapters.withAdapter(checkpoint, adapter, { adapterId: context.repository.id, keepBase });
}

/** The model whose weights are in the repository, beside an adapter of it or not. */
async function wholeModel(context: OpenContext, adapter: OpenedAdapter | undefined): Promise<Checkpoint> {
  const { repository, listing, progress, metadata } = context;
  const { config, files, tensors, notices, card } = await openWeights(context);
  const generationConfig = await metadata.json(fileNames.generationConfig);
  progress.enter('tokenizer', fileNames.tokenizerJson);
  const withoutFiles = card.format === 'nanogpt' || card.format === 'llm.c';
  const tokenizer = { ...(await metadata.tokenizer()), ...(withoutFiles && { usesGpt2Tokenizer: true }) };
  const allFiles = adapter ? [adapter.file, ...files] : files;
  const allTensors = new Map([...(adapter?.tensors ?? []), ...tensors]);
  const totalBytes = neededBytes(allFiles);
  progress.totalBytes = totalBytes;
  return {
    id: repository.id,
    revision: listing.revision,
    config,
    generationConfig,
    tokenizer,
    tensors,
    totalBytes,
    notices,
    card,
    stream: (wanted, sink) => streamWeights(context, allFiles, allTensors, wanted, sink),
    close: () =>
      context.control.abort(new VitrineError('disposed', `The checkpoint ${repository.id} was closed.`)),
  };
}

/** Opens an adapter whose base is another repository. The adapter's tokenizer, if any, replaces the base's. */
async function overBase(
  context: OpenContext,
  adapter: OpenedAdapter,
  options: OpenOptions,
): Promise<Checkpoint> {
  const { repository, listing, metadata, signal, control } = context;
  const { baseOf, streamAdapter, withAdapter } = await import('./open-adapter.ts');
  const source = baseOf(adapter, options.baseModel, repository.id);
  const base = await openOver(source, { ...options, signal }, repository.id);
  const merged = withAdapter(base, adapter, {
    adapterId: repository.id,
    keepBase: options.keepBase,
    readAdapter: (values) => streamAdapter(context, adapter, values),
  });
  const own = await metadata.tokenizer();
  const hasOwn = own.tokenizerJson !== undefined || own.vocabJson !== undefined;
  return {
    ...merged,
    id: repository.id,
    revision: listing.revision,
    generationConfig: (await metadata.json(fileNames.generationConfig)) ?? base.generationConfig,
    tokenizer: hasOwn ? own : base.tokenizer,
    totalBytes: base.totalBytes + adapter.file.source.bytes,
    close() {
      base.close();
      control.abort(new VitrineError('disposed', `The checkpoint ${repository.id} was closed.`));
    },
  };
}
