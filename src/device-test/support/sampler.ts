import type { Gpu } from '../../gpu/index.ts';
import {
  distribution,
  firstMu,
  fixedPointWeight,
  modifiesFirst,
  type ResolvedSampling,
  resolveSampling,
  type SamplingContext,
  type SamplingOptions,
  sampleReference,
  type TextualSampling,
  usesStatistics,
} from '../../sampling/index.ts';
import {
  constrainGrid,
  constrainKernel,
  dryKernel,
  packBreakers,
  packConstrain,
  packDry,
  packHistory,
  packStatistics,
  statisticsKernel,
} from '../../shaders/extras/index.ts';
import {
  briefSampleKernel,
  isBrief,
  packSampling,
  packTables,
  type SampleShape,
  sampleKernel,
  stateBytes,
  stateLayout,
} from '../../shaders/index.ts';
import { type Comparison, compareExactly, compareNumbers } from './compare.ts';
import { readWords, runKernel, upload, uploadUniform } from './gpu.ts';

const gone = 0xffffffff;
export const emptyContext: SamplingContext = { ids: [], promptLength: 0 };

interface Batch {
  vectors: readonly Float32Array[];
  contexts: readonly SamplingContext[];
  sampling: ResolvedSampling;
  draw?: number;
}

/** The token loop's state before draw number `draw`: column c generates sequence c. */
function packState(contexts: readonly SamplingContext[], draw: number): Uint32Array<ArrayBuffer> {
  const state = new Uint32Array(stateBytes(contexts.length) / 4);
  state[stateLayout.running] = contexts.length;
  for (const [column, { ids }] of contexts.entries()) {
    const at = stateLayout.headerSize + column * stateLayout.columnSize;
    state[at + stateLayout.draw] = draw;
    state[at + stateLayout.sequence] = column;
    state[at + stateLayout.contextLength] = ids.length;
  }
  return state;
}

interface Inputs {
  shape: SampleShape;
  logits: GPUBuffer;
  state: GPUBuffer;
  contexts: readonly SamplingContext[];
  sampling: ResolvedSampling;
}

/** Runs the mask and DRY; what they made of the logits, which the caller destroys. */
async function processedLogits(gpu: Gpu, { shape, logits, state, contexts, sampling }: Inputs) {
  const { automaton } = sampling;
  const none = new Uint32Array(1);
  const processed = gpu.buffers.create('processed', logits.size);
  const masking = [
    upload(gpu, automaton?.table ?? none),
    upload(gpu, automaton ? new Uint32Array(automaton.bytes.buffer) : none),
    upload(gpu, automaton?.spans ?? none),
    upload(gpu, statesOf(contexts)),
    uploadUniform(gpu, packConstrain(automaton)),
  ];
  await runKernel(
    gpu,
    constrainKernel(shape),
    [logits, processed, state, ...masking],
    constrainGrid(shape, shape.columns),
  );
  const penalising = [
    upload(gpu, packHistory(contexts, shape)),
    gpu.buffers.create('longest', shape.columns * shape.vocab * 4),
    upload(gpu, packBreakers(sampling, shape)),
    uploadUniform(gpu, packDry(sampling)),
  ];
  if (sampling.dryMultiplier > 0)
    await runKernel(gpu, dryKernel(shape), [processed, state, ...penalising], [shape.columns, 1, 1]);
  for (const buffer of [...masking, ...penalising]) gpu.buffers.destroy(buffer);
  return processed;
}

/** The automaton's states of the first step, then room for those of the next. */
function statesOf(contexts: readonly SamplingContext[]): Uint32Array<ArrayBuffer> {
  const states = new Uint32Array(2 * contexts.length);
  for (const [column, { automatonState = 0 }] of contexts.entries()) states[column] = automatonState;
  return states;
}

/** Buffers of the kernel's variant with statistics, beside those of the plain one. */
function statisticsBuffers(gpu: Gpu, contexts: readonly SamplingContext[], sampling: ResolvedSampling) {
  const start = firstMu(sampling) ?? 0;
  return {
    statistics: uploadUniform(gpu, packStatistics(sampling, { ringRecords: 1, alternatives: 0 })),
    ring: upload(gpu, new Uint32Array(2 * contexts.length)),
    mu: upload(
      gpu,
      Float32Array.from(contexts, ({ mirostatMu = start }) => mirostatMu),
    ),
  };
}

/** Runs the kernel on one column a vector; every vector has the same length: 256 lanes for even ones, 8 for odd ones. */
export async function sampleOnGpu(gpu: Gpu, { vectors, contexts, sampling, draw = 0 }: Batch) {
  const vocab = (vectors[0] as Float32Array).length;
  const shape: SampleShape = {
    vocab,
    columns: vectors.length,
    logitsStride: vocab + 3,
    context: 64,
    lanes: vocab % 2 === 0 ? 256 : 8,
  };
  const given = new Float32Array(shape.logitsStride * shape.columns);
  for (const [column, vector] of vectors.entries()) given.set(vector, column * shape.logitsStride);
  const tables = packTables(sampling, contexts, shape);
  const logits = upload(gpu, given);
  const state = upload(gpu, packState(contexts, draw));
  const first = modifiesFirst(sampling);
  const statistics = usesStatistics(sampling);
  const processed = first
    ? await processedLogits(gpu, { shape, logits, state, contexts, sampling })
    : undefined;
  const buffers = {
    logits: processed ?? logits,
    work: gpu.buffers.create('work', shape.columns * vocab * 4),
    tokenCounts: upload(gpu, tables.tokenCounts),
    bias: upload(gpu, tables.bias),
    context: upload(gpu, tables.context),
    state,
    sampling: uploadUniform(gpu, packSampling(sampling, vocab)),
    ...(statistics && statisticsBuffers(gpu, contexts, sampling)),
  };
  const plain = isBrief(sampling) ? briefSampleKernel : sampleKernel;
  const kernel = statistics ? statisticsKernel(shape) : plain(shape);
  await runKernel(gpu, kernel, Object.values(buffers), [shape.columns, 1, 1]);
  const after = await readWords(gpu, state);
  const work = await readWords(gpu, buffers.work, shape.columns * vocab);
  const left = await readWords(gpu, logits, given.length);
  const counts = tables.tokenCounts.length ? await readWords(gpu, buffers.tokenCounts) : new Uint32Array();
  for (const buffer of new Set([...Object.values(buffers), logits])) gpu.buffers.destroy(buffer);
  const field = (column: number, place: 'chosen' | 'contextLength') =>
    after[stateLayout.headerSize + column * stateLayout.columnSize + stateLayout[place]] as number;
  const columns = vectors.map((_, column) => ({
    chosen: field(column, 'chosen'),
    contextLength: field(column, 'contextLength'),
    distances: work.subarray(column * vocab, (column + 1) * vocab),
    counts: counts.subarray(column * vocab, (column + 1) * vocab),
  }));
  return { columns, kept: compareExactly('logits, which stay', left, new Uint32Array(given.buffer)) };
}

/** Support and probabilities as the kernel left them. */
function supportOf(distances: Uint32Array) {
  const ids: number[] = [];
  const weights: number[] = [];
  for (const [id, distance] of distances.entries()) {
    if (distance === gone) continue;
    ids.push(id);
    weights.push(fixedPointWeight(distance));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { ids, probabilities: weights.map((weight) => weight / total) };
}

/** Support, probabilities and choice of every vector are those of the reference sampler. */
export async function compareWithReference(
  gpu: Gpu,
  vectors: readonly Float32Array[],
  options: SamplingOptions,
  contexts = vectors.map(() => emptyContext),
  drawable?: number,
  textual?: TextualSampling,
): Promise<Comparison[]> {
  const sampling = resolveSampling({ seed: 77, ...options }, undefined, drawable, textual);
  const draw = 5;
  const { columns, kept } = await sampleOnGpu(gpu, { vectors, contexts, sampling, draw });
  const results = [kept];
  for (const [sequence, { chosen, distances }] of columns.entries()) {
    const logits = vectors[sequence] as Float32Array;
    const context = contexts[sequence] as SamplingContext;
    // Where nothing at all can be drawn there is no support to compare, only the token that stands in.
    if (sampling.temperature > 0 && logits.some((logit) => logit > -Infinity)) {
      const expected = distribution(logits, context, sampling);
      const { ids, probabilities } = supportOf(distances);
      results.push(compareExactly(`support of vector ${sequence}`, ids, expected.ids));
      results.push(
        compareNumbers(`probabilities of vector ${sequence}`, probabilities, expected.probabilities, {
          relative: 1e-5,
        }),
      );
    }
    const wanted = sampleReference(logits, context, sampling, { sequence, draw });
    results.push(compareExactly(`token of vector ${sequence}`, [chosen], [wanted]));
  }
  return results;
}
