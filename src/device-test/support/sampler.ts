import type { Gpu } from '../../gpu/index.ts';
import {
  distribution,
  fixedPointWeight,
  type ResolvedSampling,
  resolveSampling,
  type SamplingContext,
  type SamplingOptions,
  sampleReference,
} from '../../sampling/index.ts';
import {
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

/** Runs the kernel on one column a vector; every vector has the same length. */
export async function sampleOnGpu(gpu: Gpu, { vectors, contexts, sampling, draw = 0 }: Batch) {
  const vocab = (vectors[0] as Float32Array).length;
  const shape: SampleShape = { vocab, columns: vectors.length, logitsStride: vocab + 3, context: 64 };
  const logits = new Float32Array(shape.logitsStride * shape.columns);
  for (const [column, vector] of vectors.entries()) logits.set(vector, column * shape.logitsStride);
  const tables = packTables(sampling, contexts, shape);
  const buffers = {
    logits: upload(gpu, logits),
    work: gpu.buffers.create('work', shape.columns * vocab * 4),
    tokenCounts: upload(gpu, tables.tokenCounts),
    bias: upload(gpu, tables.bias),
    context: upload(gpu, tables.context),
    state: upload(gpu, packState(contexts, draw)),
    sampling: uploadUniform(gpu, packSampling(sampling, vocab)),
  };
  await runKernel(gpu, sampleKernel(shape), Object.values(buffers), [shape.columns, 1, 1]);
  const state = await readWords(gpu, buffers.state);
  const work = await readWords(gpu, buffers.work, shape.columns * vocab);
  const left = await readWords(gpu, buffers.logits, logits.length);
  const counts = tables.tokenCounts.length ? await readWords(gpu, buffers.tokenCounts) : new Uint32Array();
  for (const buffer of Object.values(buffers)) gpu.buffers.destroy(buffer);
  const field = (column: number, place: 'chosen' | 'contextLength') =>
    state[stateLayout.headerSize + column * stateLayout.columnSize + stateLayout[place]] as number;
  const columns = vectors.map((_, column) => ({
    chosen: field(column, 'chosen'),
    contextLength: field(column, 'contextLength'),
    distances: work.subarray(column * vocab, (column + 1) * vocab),
    counts: counts.subarray(column * vocab, (column + 1) * vocab),
  }));
  return { columns, kept: compareExactly('logits, which stay', left, new Uint32Array(logits.buffer)) };
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
): Promise<Comparison[]> {
  const sampling = resolveSampling({ seed: 77, ...options }, undefined, drawable);
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
