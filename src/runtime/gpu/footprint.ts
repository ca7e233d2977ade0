import type { GPT2Config } from '../../model/index.ts';
import {
  type KvDtype,
  kvBytes,
  matrixBytes,
  matrixFormat,
  qkvFloats,
  vectorStride,
  type WeightDtype,
} from '../../shaders/index.ts';
import { headShape } from './decode-buffers.ts';
import { chunkRows } from './prefill-tuning.ts';
import { embeddingDtype } from './weights.ts';

export interface FootprintOptions {
  dtype: WeightDtype;
  kv: KvDtype;
  context: number;
  tied: boolean;
  /** Rows and columns of matrices that are also kept without an adapter. */
  keptBase?: readonly (readonly [rows: number, columns: number])[];
  /** The device's limits: bytes of a storage binding and of a buffer, storage buffers of a kernel. */
  bindingLimit: number;
  bufferLimit: number;
  storageBuffers: number;
  /** A software adapter reads prompts in smaller chunks. */
  software: boolean;
}

/** Bytes on the GPU, and the reason if the model does not fit the device. */
export interface Footprint {
  weightBytes: number;
  kvBytes: number;
  /** Buffers a pass writes to, for one sequence and one chunk of prefill. */
  workBytes: number;
  why?: string;
}

/** Storage buffers the ending of a token step binds beside the embedding's bands. */
const besideEmbedding = 5;

/** Estimates the GPU memory of a model from its config. */
export function footprint(config: GPT2Config, options: FootprintOptions): Footprint {
  const { nEmbd: E, nInner: I, nLayer: L, vocabSize: V, nPositions: P } = config;
  const { dtype, bindingLimit, bufferLimit, tied, keptBase = [] } = options;
  const limit = Math.min(bindingLimit, bufferLimit);
  const bytes = (kind: WeightDtype, rows: number, columns: number) =>
    matrixBytes(matrixFormat(kind, rows, columns, limit));
  const layer = bytes(dtype, 3 * E, E) + bytes(dtype, E, E) + bytes(dtype, I, E) + bytes(dtype, E, I);
  const vectors = L * 4 * (2 * (3 * E) + E + 2 * I + E + 2 * E) + 4 * (2 * V + E) + 4 * P * vectorStride(E);
  const base = keptBase.reduce((sum, [rows, columns]) => sum + bytes(dtype, rows, columns), 0);
  const top = embeddingDtype(dtype);
  const head = { ...headShape(config), context: options.context, kv: options.kv };
  const layerKv = kvBytes(head);
  const row = 2 * vectorStride(E) + qkvFloats(head) + vectorStride(I);
  const found: Footprint = {
    weightBytes: L * layer + base + bytes(top, V, E) * (tied ? 1 : 2) + vectors,
    kvBytes: L * layerKv,
    workBytes: 4 * (chunkRows(options, config) * row + vectorStride(V)) + 16 * 2 ** 20,
  };
  const { bands } = matrixFormat(top, V, E, limit);
  const scales = top === 'int8' ? 1 : 0;
  const most = options.storageBuffers - besideEmbedding - scales;
  if (bands > most)
    found.why = `The embedding in ${top} is too large for this device: ${bands} parts, ${most} allowed.`;
  else if (layerKv > limit)
    found.why = `The cache of ${options.context} positions is above the device's limit.`;
  return found;
}
