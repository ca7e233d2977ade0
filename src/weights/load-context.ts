import type { Cache } from './cache/cache.ts';
import type { Manifest } from './cache/store.ts';
import type { StoreThread } from './cache/store-thread.ts';
import type { NanoGptGelu } from './formats/nanogpt.ts';
import type { MetadataFiles } from './metadata-files.ts';
import type { ProgressReporter } from './progress.ts';
import type { Listing, Repository } from './repositories/repository.ts';
import type { TransportOptions } from './types.ts';

/** Dependencies and state of one load. */
export interface LoadContext {
  repository: Repository;
  listing: Listing;
  progress: ProgressReporter;
  settings: TransportOptions;
  signal: AbortSignal;
  cache: Cache;
  metadata: MetadataFiles;
  model: { id: string; revision: string; scope: string; ref: string | undefined };
  /** The manifest stored for this revision when the load started. */
  manifest: Manifest | undefined;
  /** The weight file named by the user, if any. */
  named: string | undefined;
  nanoGptGelu: NanoGptGelu | undefined;
}

/** The same while weights are streamed. */
export interface StreamContext extends LoadContext {
  /** The worker that hashes and stores, started with the first call; undefined where none can be. */
  thread(): Promise<StoreThread | undefined>;
}
