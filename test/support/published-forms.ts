import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { describeParameters, parseConfig, referenceForward } from '../../src/model/index.ts';
import { CpuWeightLoader, createCpuRuntime, decodeGreedily } from '../../src/runtime/index.ts';
import {
  type Checkpoint,
  type ModelSource,
  type OpenOptions,
  openCheckpoint,
} from '../../src/weights/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { largestDifference } from './cpu.ts';
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

/** What a model makes of the test's ids: logits [V] of the last position, and the likeliest ids that follow. */
export interface Reading {
  logits: ArrayLike<number>;
  greedy: number[];
}

const greedyTokens = 5;

/** What the CPU engine makes of them. */
async function readingOf(checkpoint: Checkpoint): Promise<Reading> {
  const read = parseConfig(checkpoint.config, checkpoint.generationConfig);
  const table = describeParameters(read, checkpoint.tensors);
  const loader = new CpuWeightLoader(read, table);
  const needed = new Set(table.parameters.map(({ tensor }) => tensor.name));
  await checkpoint.stream(({ name }) => needed.has(name), loader);
  const runtime = createCpuRuntime(read, loader.finish(), { contextLength: read.nPositions });
  await runtime.prefill(0, 0, ids);
  const logits = await runtime.logits(0);
  return { logits, greedy: await decodeGreedily(runtime, ids, greedyTokens) };
}

/** Opens a source with small chunks and runs it on the CPU engine. */
export async function load(source: ModelSource, options: OpenOptions = {}) {
  const checkpoint = await openCheckpoint(source, {
    transport: { chunkBytes: 1000, attempts: 2, backoffMs: 1 },
    ...options,
  });
  return { checkpoint, reading: await readingOf(checkpoint) };
}

/** The same in float64, from transformers' weights with some of them changed. */
export function expected(
  change: (name: string, values: Float32Array) => Float32Array = (_, values) => values,
  activation = config.activation,
): Reading {
  const weights = new Map([...plain.weights].map(([name, values]) => [name, change(name, values)]));
  const logits = (read: readonly number[]) =>
    referenceForward({ ...config, activation }, weights, read).logits(read.length - 1);
  return { logits: logits(ids), greedy: greedyAfter(ids, greedyTokens, logits) };
}

function greedyAfter(
  prompt: readonly number[],
  count: number,
  logitsOf: (ids: readonly number[]) => ArrayLike<number>,
): number[] {
  const written = [...prompt];
  for (let i = 0; i < count; i++) {
    const logits = Array.from(logitsOf(written));
    written.push(logits.indexOf(Math.max(...logits)));
  }
  return written.slice(prompt.length);
}

/** Logits within `tolerance` of the reference's, and the same text. */
export function expectReading(read: Reading, wanted: Reading, tolerance: number): void {
  expect(largestDifference(read.logits, wanted.logits)).toBeLessThan(tolerance);
  expect(read.greedy).toEqual(wanted.greedy);
}

export const reference = expected();
export const erf = (change?: Parameters<typeof expected>[0]) => expected(change, 'gelu_erf');
