import type { Cache } from './cache/cache.ts';
import type { Manifest } from './cache/store.ts';
import type { NanoGptGelu } from './formats/nanogpt.ts';
import type { MetadataFiles } from './metadata-files.ts';
import type { ProgressReporter } from './progress.ts';
import type { Listing, Repository } from './repositories/repository.ts';
import type { TransportOptions } from './types.ts';

/** What one load is made of. */
export interface LoadContext {
  repository: Repository;
  listing: Listing;
  progress: ProgressReporter;
  settings: TransportOptions;
  signal: AbortSignal;
  cache: Cache;
  metadata: MetadataFiles;
  model: { id: string; revision: string; scope: string; ref: string | undefined };
  /** What was stored of this revision when the load began. */
  manifest: Manifest | undefined;
  /** The weight file that the user named, where they named one. */
  named: string | undefined;
  nanoGptGelu: NanoGptGelu | undefined;
}
