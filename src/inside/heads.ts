import type { GPT2Config } from '../model/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { createRng } from '../sampling/index.ts';
import { siteBytes } from './run.ts';
import type { HeadScores } from './types.ts';

/** Tokens of the random sequence, before it is repeated. */
const randomLength = 25;
const seed = 1;
/** Patterns captured by one pass. */
const patternBytes = 2 ** 26;

/** A random sequence that occurs twice, after the token that begins a text. Attention that copies shows in its second half. */
export function repeatedIds({ vocabSize, nPositions, eosTokenIds }: GPT2Config): number[] {
  const rng = createRng(seed);
  const length = Math.min(randomLength, Math.floor((nPositions - 1) / 2));
  const random = Array.from({ length }, (_, index) => rng.bits(0, index) % vocabSize);
  return [...eosTokenIds.slice(0, 1), ...random, ...random];
}

/**
 * Scores of every head on a text. Patterns are captured some layers at a time.
 * @throws VitrineError of the runtime
 */
export async function scoreHeads(runtime: Runtime, ids: number[]): Promise<HeadScores> {
  const { config } = runtime;
  const bytesOf = siteBytes(config, ids.length);
  const sites = Array.from({ length: config.nLayer }, (_, layer) => `blocks.${layer}.attn.hook_pattern`);
  const atOnce = Math.max(1, Math.floor(patternBytes / Math.max(1, bytesOf(sites[0] as string))));
  const scores: HeadScores = { ids, previousToken: [], duplicateToken: [], induction: [] };
  const copies = ids.map((id, t) => earlier(ids, id, t));
  for (let first = 0; first < sites.length; first += atOnce) {
    const capture = sites.slice(first, first + atOnce);
    const [run] = await runtime.run({ runs: [{ ids, edits: [] }], capture, logits: [] });
    for (const site of capture) {
      const data = run?.captured[site]?.data ?? new Float32Array();
      const layer = Array.from({ length: config.nHead }, (_, head) =>
        data.subarray(head * ids.length ** 2, (head + 1) * ids.length ** 2),
      );
      scores.previousToken.push(
        layer.map((pattern) =>
          meanOf(
            pattern,
            ids.map((_, t) => (t ? [t - 1] : [])),
          ),
        ),
      );
      scores.duplicateToken.push(layer.map((pattern) => meanOf(pattern, copies)));
      scores.induction.push(
        layer.map((pattern) =>
          meanOf(
            pattern,
            copies.map((keys) => keys.map((key) => key + 1)),
          ),
        ),
      );
    }
  }
  return scores;
}

/** Positions before t that hold the same id. */
function earlier(ids: readonly number[], id: number, t: number): number[] {
  const found: number[] = [];
  for (let key = 0; key < t; key++) if (ids[key] === id) found.push(key);
  return found;
}

/** Attention that queries give to their keys, on average over the queries that have any; 0 if none has. */
function meanOf(pattern: Float32Array, keys: readonly (readonly number[])[]): number {
  const T = keys.length;
  let sum = 0;
  let queries = 0;
  for (const [t, own] of keys.entries()) {
    if (own.length === 0) continue;
    queries++;
    for (const key of own) sum += pattern[t * T + key] as number;
  }
  return queries ? sum / queries : 0;
}
