import { type GenerationTimes, type RecoverableRuntime, SequenceCache } from '../generation/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { AdapterSummary } from './adapter.ts';

/** A runtime with its weights, ready to compute. */
export interface LoadedRuntime {
  runtime: Runtime;
  dtype: string;
  adapter: AdapterSummary;
  /** Chooses kernels by timing them and changes to them; undefined where that is not wanted or done already. */
  tune?(): Promise<void>;
}

/** The runtime of a model over the model's life: it is created again after its device was lost. */
export class Session implements RecoverableRuntime {
  private lost = false;
  private disposed = false;
  private merged = true;
  readonly times: GenerationTimes = {
    prefillTokensPerSecond: 0,
    decodeTokensPerSecond: 0,
    timeToFirstTokenMs: 0,
  };
  private sequences: SequenceCache;

  /** @param rebuild loads the same weights onto a new device */
  constructor(
    private loaded: LoadedRuntime,
    private readonly rebuild: () => Promise<LoadedRuntime>,
  ) {
    this.sequences = new SequenceCache(loaded.runtime, this.times);
    this.watchForLoss();
  }

  get current(): LoadedRuntime {
    return this.loaded;
  }

  get runtime(): Runtime {
    return this.loaded.runtime;
  }

  get cache(): SequenceCache {
    return this.sequences;
  }

  /** Whether the adapter is part of the weights in use. */
  get adapterEnabled(): boolean {
    return this.merged;
  }

  /** Uses the weights with the adapter or without it. */
  async setAdapter(enabled: boolean): Promise<void> {
    if (enabled === this.merged) return;
    this.sequences.clear();
    await this.runtime.swapWeights();
    this.merged = enabled;
  }

  /** Whether kernels are still to be chosen by timing. */
  get untuned(): boolean {
    return !this.lost && this.loaded.tune !== undefined;
  }

  /** Chooses kernels by timing, once. A failure leaves those that work. */
  async tune(): Promise<void> {
    const { tune } = this.loaded;
    this.loaded = { ...this.loaded, tune: undefined };
    await tune?.().catch(() => undefined);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.ready();
    try {
      return await work();
    } catch (error) {
      if (!this.isLoss(error)) throw error;
      await this.recover();
      return await work();
    }
  }

  async ready(): Promise<void> {
    if (this.disposed) throw disposedError();
    if (this.lost) await this.recover();
  }

  isLoss(error: unknown): boolean {
    if (this.disposed) return false;
    return this.lost || (error instanceof VitrineError && error.code === 'device-lost');
  }

  /**
   * Loads the weights onto a new device; the KV caches are empty afterwards.
   * @throws VitrineError `disposed` when the model was disposed meanwhile, `device-lost` when no adapter comes back
   */
  async recover(): Promise<void> {
    this.runtime.dispose();
    this.lost = true;
    const loaded = await this.rebuild().catch((cause: unknown) => {
      if (!(cause instanceof VitrineError && cause.code === 'webgpu-unavailable')) throw cause;
      throw new VitrineError('device-lost', `The GPU was lost and did not come back. ${cause.message}`, {
        cause,
      });
    });
    if (this.disposed) {
      loaded.runtime.dispose();
      throw disposedError();
    }
    if (!this.merged) await loaded.runtime.swapWeights();
    this.loaded = loaded;
    this.sequences = new SequenceCache(loaded.runtime, this.times);
    this.lost = false;
    this.watchForLoss();
  }

  dispose(): void {
    this.disposed = true;
    this.runtime.dispose();
  }

  private watchForLoss(): void {
    const { runtime } = this;
    void runtime.lost.then(() => {
      if (this.runtime === runtime) this.lost = true;
    });
  }
}

export function disposedError(): VitrineError {
  return new VitrineError('disposed', 'The model was disposed. Load it again.');
}
