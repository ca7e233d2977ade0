import type { WeightDtype } from '../shaders/index.ts';
import type { LoadProgress, TransportOptions } from '../weights/index.ts';

export interface LoadOptions {
  /** Default: chosen from the memory plan; f32 on the CPU, which holds all but `int8` and `int4` as f32. */
  dtype?: WeightDtype;
  /** Base URL of the hub. Default https://huggingface.co. */
  hub?: string;
  /** For gated repositories: sent to the hub's origin alone, never stored. */
  token?: string;
  /** Keep and reuse files in the browser's storage. Default true. */
  cache?: boolean;
  /** Ask the hub for a newer commit even when a complete copy is stored. Default false. */
  refresh?: boolean;
  /** Run in a worker. Default true where workers exist. */
  worker?: boolean;
  /** Bring your own device; implies `worker: false`. It is not destroyed by `dispose`. */
  device?: GPUDevice;
  /** `gpu` needs WebGPU, `cpu` never asks for it, `auto` (default) takes the GPU when there is one. */
  backend?: 'auto' | 'gpu' | 'cpu';
  /**
   * Choose kernel variants by timing them on this device; remembered per adapter. Default: after the first text, except on
   * software adapters. `true` does it while loading.
   */
  autotune?: boolean;
  /** Base URL of the bundled models, where `tiny-tales/config.json` is. */
  bundledBase?: string;
  /** Which GELU a nanoGPT checkpoint was trained with, as it does not say; `tanh` before June 2023. Default `erf`. */
  nanoGptGelu?: 'erf' | 'tanh';
  /** The model that a LoRA adapter is merged into, where its own config names none that can be found. */
  baseModel?: string;
  /** How files are fetched; the defaults suit the hub. */
  transport?: Partial<TransportOptions>;
  signal?: AbortSignal;
  onProgress?(progress: LoadProgress): void;
}
