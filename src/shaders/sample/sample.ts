import {
  type Binding,
  type Constants,
  defineKernel,
  defineStruct,
  type KernelSource,
  type Struct,
} from '../../gpu/index.ts';
import {
  distanceScale,
  drawStride,
  exp2Table,
  isGreedy,
  maxDistance,
  meanShift,
  minimumWeight,
  probabilityBits,
  type ResolvedSampling,
  type SamplingContext,
  topPBits,
} from '../../sampling/index.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import cuts from './cuts.wgsl?raw';
import integers from './integers.wgsl?raw';
import fromLogits from './logits.wgsl?raw';
import plain from './plain.wgsl?raw';
import sample from './sample.wgsl?raw';
import sanitise from './sanitise.wgsl?raw';
import shortListWgsl from './short_list.wgsl?raw';
import sums from './sums.wgsl?raw';

export interface SampleShape {
  vocab: number;
  columns: number;
  /** Floats between columns of logits. */
  logitsStride: number;
  /** Tokens a context list holds. */
  context: number;
  /** Lanes of a workgroup, a power of two up to {@link drawStride}. Which one changes no draw. */
  lanes: number;
}

/** How a run chooses its tokens. */
export const samplingStruct = defineStruct('Sampling', {
  flags: 'GREEDY, BIASED, COUNTED',
  topK: '0: off',
  topP: 'times 2^32; 0: off',
  typicalP: 'times 2^32; 0: off',
  minimum: ['vec2u', 'smallest weight that min-p keeps; 0: off'],
  ngram: '0: off',
  drawable: 'ids from here on are banned',
  seed: 'of the random numbers',
  scale: ['f32', 'logit difference to distance'],
  penaltyDown: ['f32', 'of negative logits'],
  penaltyUp: ['f32', 'of positive logits'],
  frequency: ['f32', 'penalty per occurrence'],
  presence: ['f32', 'penalty of what occurred'],
  zero: 'a zero the compiler does not know of',
  exp2: ['array<vec4u, 64>', '2^(i/256), see src/sampling'],
});

/** Bytes of the uniform `sampling`. */
export const samplingBytes = samplingStruct.size;

const flags = { greedy: 1, biased: 2, counted: 4 } as const;
const seen = 0x80000000;
/**
 * Ids in all lanes' lists: half of the least workgroup memory of a device. Fewer by few lanes, which is by software
 * adapters: SwiftShader compiles a store for each word of workgroup memory, to make it zero.
 */
const shortLists = (lanes: number) => (lanes < drawStride ? 256 : 2048);

/** True when the choice depends on how often tokens occur in the context. */
export function countsTokens(sampling: ResolvedSampling): boolean {
  return (
    sampling.repetitionPenalty !== 1 || sampling.frequencyPenalty !== 0 || sampling.presencePenalty !== 0
  );
}

/** The uniform `sampling`. */
export function packSampling(sampling: ResolvedSampling, vocab: number): Uint32Array<ArrayBuffer> {
  const { topK, topP, minP, typicalP, repetitionPenalty } = sampling;
  const minimum = minimumWeight(minP);
  return samplingStruct.pack({
    flags: flagsOf(sampling),
    topK: topK < vocab ? topK : 0,
    topP: topP < 1 ? topPBits(topP) : 0,
    typicalP: typicalP < 1 ? probabilityBits(typicalP) : 0,
    minimum: [minimum % 2 ** 32, Math.floor(minimum / 2 ** 32)],
    ngram: sampling.noRepeatNgramSize,
    drawable: Math.min(sampling.drawable, vocab),
    seed: sampling.seed,
    scale: isGreedy(sampling) ? 1 : distanceScale(sampling.temperature),
    penaltyDown: repetitionPenalty,
    penaltyUp: 1 / repetitionPenalty,
    frequency: sampling.frequencyPenalty,
    presence: sampling.presencePenalty,
    zero: 0,
    exp2: exp2Table,
  });
}

function flagsOf(sampling: ResolvedSampling): number {
  const biased = Object.keys(sampling.logitBias).length > 0;
  return (
    (isGreedy(sampling) ? flags.greedy : 0) |
    (biased ? flags.biased : 0) |
    (countsTokens(sampling) ? flags.counted : 0)
  );
}

/** Tables of the contexts: tokenCounts [columns][V], bias [V], context lists [columns][context]. */
export interface SampleTables {
  tokenCounts: Uint32Array<ArrayBuffer>;
  bias: Float32Array<ArrayBuffer>;
  context: Uint32Array<ArrayBuffer>;
}

/** Tables at the start of a run; tables that the options do not use are empty and not uploaded. */
export function packTables(
  sampling: ResolvedSampling,
  contexts: readonly SamplingContext[],
  { vocab, context }: SampleShape,
): SampleTables {
  const biased = Object.entries(sampling.logitBias).filter(([id]) => Number(id) < vocab);
  const bias = new Float32Array(Object.keys(sampling.logitBias).length > 0 ? vocab : 0);
  for (const [id, value] of biased) bias[Number(id)] = value;
  const tokenCounts = new Uint32Array(countsTokens(sampling) ? contexts.length * vocab : 0);
  const lists = new Uint32Array(sampling.noRepeatNgramSize > 0 ? contexts.length * context : 0);
  for (const [column, { ids, promptLength }] of contexts.entries()) {
    if (lists.length > 0) lists.set(ids.slice(-context), column * context);
    if (tokenCounts.length > 0)
      countTokens(tokenCounts.subarray(column * vocab, (column + 1) * vocab), ids, promptLength);
  }
  return { tokenCounts, bias, context: lists };
}

function countTokens(tokenCounts: Uint32Array, ids: readonly number[], promptLength: number): void {
  for (const [index, id] of ids.entries()) {
    if (id >= tokenCounts.length) continue;
    tokenCounts[id] = (((tokenCounts[id] as number) | seen) >>> 0) + (index < promptLength ? 0 : 1);
  }
}

/** What a variant of the kernel has beside it: functions in place of those of plain.wgsl. */
export interface SampleExtension {
  name: string;
  /** Leaves out penalties, bias, bans and typical-p, see {@link isBrief}. */
  brief: boolean;
  constants: Constants;
  structs: readonly Pick<Struct, 'wgsl'>[];
  bindings: readonly Binding[];
  part: string;
}

const noExtension: SampleExtension = {
  name: '',
  brief: false,
  constants: {},
  structs: [],
  bindings: [],
  part: plain,
};

/** True when temperature, top-k, top-p and min-p are all that shapes the choice: a third of the code does it. */
export function isBrief(sampling: ResolvedSampling): boolean {
  const biased = Object.keys(sampling.logitBias).length > 0;
  const changed = biased || countsTokens(sampling) || sampling.noRepeatNgramSize > 0;
  return !changed && sampling.typicalP >= 1 && !isGreedy(sampling);
}

/**
 * Bindings: logits, work [columns][V], tokenCounts [columns][V], bias [V], context lists, state, sampling, then the extension's.
 * One workgroup a column. After it `work` holds the distances of the tokens that could be drawn, 0xffffffff elsewhere.
 */
export function sampleKernel(shape: SampleShape, extension = noExtension): KernelSource {
  return defineKernel({
    name: `sample v${shape.vocab} c${shape.columns} w${shape.lanes}${extension.name}`,
    constants: {
      V: shape.vocab,
      LOGITS_STRIDE: shape.logitsStride,
      CONTEXT: shape.context,
      WG: shape.lanes,
      SLOTS: drawStride,
      BRIEF: extension.brief,
      LAST_CUT: extension.brief ? 2 : 3,
      MAX_DISTANCE: maxDistance,
      DISTANCE_BITS: Math.ceil(Math.log2(maxDistance + 1)),
      MEAN_SHIFT: meanShift,
      SHORT: shortLists(shape.lanes) / shape.lanes,
      LN2: Math.round(Math.LN2 * 2 ** 16),
      ...extension.constants,
    },
    structs: [...stateStructs, samplingStruct, ...extension.structs],
    bindings: [
      { name: 'logits', type: 'array<u32>', kind: 'read' },
      { name: 'work', type: 'array<u32>', kind: 'write' },
      { name: 'token_counts', type: 'array<u32>', kind: 'write' },
      { name: 'bias', type: 'array<u32>', kind: 'read' },
      { name: 'context', type: 'array<u32>', kind: 'write' },
      { ...stateBinding, kind: 'write' },
      { name: 'sampling', type: 'Sampling', kind: 'uniform' },
      ...extension.bindings,
    ],
    parts: [integers, sums, sanitise, fromLogits, shortListWgsl, cuts, extension.part, sample],
  });
}

/** {@link sampleKernel} for what {@link isBrief} is true of, with the same bindings. */
export function briefSampleKernel(shape: SampleShape): KernelSource {
  return sampleKernel(shape, { ...noExtension, name: ' brief', brief: true });
}
