import { defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import {
  dryLengths,
  dryPenalties,
  type ResolvedSampling,
  type SamplingContext,
} from '../../sampling/index.ts';
import type { SampleShape } from '../sample/sample.ts';
import sanitise from '../sample/sanitise.wgsl?raw';
import { stateBinding, stateStructs } from '../state/state.ts';
import dry from './dry.wgsl?raw';

export const dryStruct = defineStruct('Dry', {
  allowed: 'shortest repetition that is penalised',
  penalties: ['array<vec4u, 16>', 'as f32 bits, by how many tokens longer it is'],
});

/** Bytes of the uniform `params`. */
export const dryBytes = dryStruct.size;

/** The uniform `params`. */
export function packDry(sampling: ResolvedSampling): Uint32Array<ArrayBuffer> {
  const penalties = new Uint32Array(dryPenalties(sampling).buffer);
  return dryStruct.pack({ allowed: sampling.dryAllowedLength, penalties });
}

/** The tokens that end a repetition, a bit each, [V / 32]. */
export function packBreakers(
  { dryBreakers }: ResolvedSampling,
  { vocab }: SampleShape,
): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(Math.ceil(vocab / 32));
  for (const id of dryBreakers)
    if (id < vocab) bits[id >>> 5] = ((bits[id >>> 5] as number) | (1 << (id & 31))) >>> 0;
  return bits;
}

/** The tokens of each context, after their number, [columns][context + 1]. */
export function packHistory(
  contexts: readonly SamplingContext[],
  { context }: SampleShape,
): Uint32Array<ArrayBuffer> {
  const history = new Uint32Array(contexts.length * (context + 1));
  for (const [column, { ids }] of contexts.entries()) {
    const last = ids.slice(-context);
    history[column * (context + 1)] = last.length;
    history.set(last, column * (context + 1) + 1);
  }
  return history;
}

/** Bindings: processed logits, state, history, longest [columns][V], breakers, params. One workgroup a column. */
export function dryKernel({ vocab, columns, logitsStride, context }: SampleShape): KernelSource {
  return defineKernel({
    name: `dry v${vocab} c${columns}`,
    constants: { V: vocab, LOGITS_STRIDE: logitsStride, CONTEXT: context, WG: 256, LENGTHS: dryLengths },
    structs: [...stateStructs, dryStruct],
    bindings: [
      { name: 'processed', type: 'array<u32>', kind: 'write' },
      stateBinding,
      { name: 'history', type: 'array<u32>', kind: 'write' },
      { name: 'longest', type: 'array<atomic<u32>>', kind: 'write' },
      { name: 'breakers', type: 'array<u32>', kind: 'read' },
      { name: 'params', type: 'Dry', kind: 'uniform' },
    ],
    parts: [sanitise, dry],
  });
}
