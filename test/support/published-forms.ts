import { readFileSync } from 'node:fs';
import { describeParameters, parseConfig, referenceForward } from '../../src/model/index.ts';
import { CpuWeightLoader, createCpuRuntime } from '../../src/runtime/index.ts';
import {
  type Checkpoint,
  type ModelSource,
  type OpenOptions,
  openCheckpoint,
} from '../../src/weights/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { type HubServer, startHubServer } from './hub-server.ts';
import { namedTensors } from './published-writers.ts';

const folder = 'test/golden/published';
export const bytesOf = (name: string) => Uint8Array.from(readFileSync(`${folder}/${name}`));
export const file = (name: string, content: Uint8Array<ArrayBuffer> | string) => new File([content], name);
export const golden = (name: string, as = name) => file(as, bytesOf(name));
const plain = readCheckpoint(folder);
export const tensors = namedTensors(plain);
const { config } = plain;
const ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
export const sizes = {
  layers: config.nLayer,
  heads: config.nHead,
  channels: config.nEmbd,
  positions: config.nPositions,
  vocabulary: config.vocabSize,
};

const servers: HubServer[] = [];

/** A hub that is closed after the test. */
export async function startTestHub(...args: Parameters<typeof startHubServer>): Promise<HubServer> {
  const server = await startHubServer(...args);
  servers.push(server);
  return server;
}

/** Closes what {@link startTestHub} started. */
export async function closeTestHubs(): Promise<void> {
  await Promise.all(servers.splice(0).map((server) => server.close()));
}

/** Logits of the last position, by the CPU engine. */
async function logitsOf(checkpoint: Checkpoint): Promise<Float32Array> {
  const read = parseConfig(checkpoint.config, checkpoint.generationConfig);
  const table = describeParameters(read, checkpoint.tensors);
  const loader = new CpuWeightLoader(read, table);
  const needed = new Set(table.parameters.map(({ tensor }) => tensor.name));
  await checkpoint.stream(({ name }) => needed.has(name), loader);
  const runtime = createCpuRuntime(read, loader.finish(), { contextLength: read.nPositions });
  await runtime.prefill(0, 0, ids);
  return runtime.logits(0);
}

/** Opens a source with small chunks and runs it on the CPU engine. */
export async function load(source: ModelSource, options: OpenOptions = {}) {
  const checkpoint = await openCheckpoint(source, {
    transport: { chunkBytes: 1000, attempts: 2, backoffMs: 1 },
    ...options,
  });
  return { checkpoint, logits: await logitsOf(checkpoint) };
}

/** Logits of the last position in float64, from transformers' weights with some of them changed. */
export function expected(
  change: (name: string, values: Float32Array) => Float32Array = (_, values) => values,
  activation = config.activation,
): Float64Array {
  const weights = new Map([...plain.weights].map(([name, values]) => [name, change(name, values)]));
  return Float64Array.from(referenceForward({ ...config, activation }, weights, ids).logits(ids.length - 1));
}

export const reference = expected();
export const erf = (change?: Parameters<typeof expected>[0]) => expected(change, 'gelu_erf');

/** The likeliest ids one after the other, in float64. */
export function greedyReference(prompt: readonly number[], count: number): number[] {
  const written = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits = [...referenceForward(config, plain.weights, written).logits(written.length - 1)];
    written.push(logits.indexOf(Math.max(...logits)));
  }
  return written.slice(prompt.length);
}
