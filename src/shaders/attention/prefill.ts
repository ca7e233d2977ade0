import { type Binding, defineKernel, type KernelParts, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { type Addressing, addressParts } from '../state/address.ts';
import { layerBinding, layerStruct } from './decode.ts';
import type { AttentionShape } from './kv-cache.ts';
import { type KvSource, kvSourceParts } from './kv-source.ts';
import attentionPrefill from './prefill.wgsl?raw';
import weightedSum from './weighted_sum.wgsl?raw';
import attentionWeights from './weights.wgsl?raw';

const output: Binding = { name: 'out', type: 'array<f32>', kind: 'write' };

/** How a chunk's attention is spread over lanes. */
export interface AttentionVariant {
  /** Neighbouring queries a lane carries; 1 where rows are of several sequences. */
  queries: number;
  /** Keys between two rescalings of the softmax. */
  keys: number;
  /** Lanes of a workgroup. */
  workgroup: number;
}

/** Everything but the text of a kernel that reads q and finds keys and values. */
function parts(shape: AttentionShape, source: KvSource, addressing: Addressing): Omit<KernelParts, 'name'> {
  const kv = kvSourceParts(shape, source);
  const address = addressParts(addressing);
  return {
    constants: { ...kv.constants, ...address.constants },
    structs: [...address.structs, layerStruct],
    bindings: [...kv.bindings, layerBinding, address.binding, output],
    parts: [...kv.parts, address.part],
  };
}

/**
 * Causal attention of rows. Bindings: qkv, kv (of the cache only), layer, params, out. Grid: {@link attentionPrefillGrid}.
 */
export function attentionPrefillKernel(
  shape: AttentionShape,
  { queries, keys, workgroup }: AttentionVariant,
  source: KvSource = 'cache',
): KernelSource {
  const common = parts(shape, source, { by: 'chunk' });
  return defineKernel({
    ...common,
    name: `attention prefill h${shape.heads}x${shape.headSize} ${shape.kv} q${queries}k${keys}w${workgroup} ${source}`,
    constants: {
      ...common.constants,
      OUT_STRIDE: shape.outStride,
      QT: queries,
      KEYS: keys,
      WG: workgroup,
    },
    parts: [...common.parts, attentionPrefill],
  });
}

export function attentionPrefillGrid(
  shape: AttentionShape,
  { queries, workgroup }: AttentionVariant,
  rows: number,
): [number, number, number] {
  return [shape.heads, ceilDiv(rows, queries * workgroup), 1];
}

/**
 * The weights that queries give to positions, a pattern: out[head][row][key].
 * Bindings: qkv, kv (of the cache only), layer, params or state, out. Grid: (heads, rows).
 */
export function attentionWeightsKernel(
  shape: AttentionShape,
  source: KvSource = 'cache',
  addressing: Addressing = { by: 'chunk' },
): KernelSource {
  const common = parts(shape, source, addressing);
  return defineKernel({
    ...common,
    name: `attention weights h${shape.heads}x${shape.headSize} ${shape.kv} ${source} ${addressing.by}`,
    parts: [...common.parts, attentionWeights],
  });
}

/**
 * Values by the weights of a pattern. Bindings: qkv, kv (of the cache only), pattern, params or state, out.
 * Grid: (heads, rows).
 */
export function weightedSumKernel(
  shape: AttentionShape,
  source: KvSource,
  addressing: Addressing,
): KernelSource {
  const kv = kvSourceParts(shape, source);
  const address = addressParts(addressing);
  const attended: Binding = { name: 'attended', type: 'array<f32>', kind: 'read' };
  return defineKernel({
    name: `weighted sum h${shape.heads}x${shape.headSize} ${shape.kv} ${source} ${addressing.by}`,
    constants: { ...kv.constants, ...address.constants, OUT_STRIDE: shape.outStride },
    structs: address.structs,
    bindings: [...kv.bindings, attended, address.binding, output],
    parts: [...kv.parts, address.part, weightedSum],
  });
}
