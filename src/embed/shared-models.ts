import type { LoadProgress, Model } from '../engine/index.ts';
import type { EmbedLoadOptions } from './options.ts';

/** Loads a model: the library's `loadModel`, or a fake in tests. */
export type Loader = (source: string, options: EmbedLoadOptions) => Promise<Model>;

interface Entry {
  users: number;
  readonly model: Promise<Model>;
  readonly abort: AbortController;
  readonly listeners: Set<(progress: LoadProgress) => void>;
  loaded?: Model;
}

/** A reference to a shared model. `release` may be called at any time and is idempotent. */
export interface Share {
  readonly model: Promise<Model>;
  release(): void;
}

/** Shares models between elements: each is loaded once and disposed when its last reference is released. */
export class SharedModels {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly load: Loader) {}

  /** Acquires a reference; starts loading if the model is not loaded yet. */
  take(source: string, options: EmbedLoadOptions, onProgress: (progress: LoadProgress) => void): Share {
    const key = JSON.stringify([source, options]);
    const entry = this.entries.get(key) ?? this.begin(key, source, options);
    entry.users += 1;
    entry.listeners.add(onProgress);
    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      entry.listeners.delete(onProgress);
      this.leave(key, entry);
    };
    return { model: entry.model, release };
  }

  private begin(key: string, source: string, options: EmbedLoadOptions): Entry {
    const abort = new AbortController();
    const listeners = new Set<(progress: LoadProgress) => void>();
    const tell = (progress: LoadProgress) => {
      for (const listener of listeners) listener(progress);
    };
    const model = this.load(source, { ...options, signal: abort.signal, onProgress: tell });
    const entry: Entry = { users: 0, model, abort, listeners };
    this.entries.set(key, entry);
    model.then(
      (loaded) => {
        entry.loaded = loaded;
        if (entry.users === 0) loaded.dispose();
      },
      // The next request tries again.
      () => this.forget(key, entry),
    );
    return entry;
  }

  private leave(key: string, entry: Entry): void {
    entry.users -= 1;
    if (entry.users > 0) return;
    this.forget(key, entry);
    entry.abort.abort();
    entry.loaded?.dispose();
  }

  private forget(key: string, entry: Entry): void {
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }

  /** Number of loaded and loading models, and the GPU bytes of the loaded ones. */
  usage(): { models: number; gpuBytes: number } {
    let gpuBytes = 0;
    for (const { loaded } of this.entries.values()) gpuBytes += loaded?.stats().gpuBytes ?? 0;
    return { models: this.entries.size, gpuBytes };
  }
}
