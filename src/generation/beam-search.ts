import { throwIfAborted } from '../lib/index.ts';
import { type Beam, type BeamOptions, BeamScorer, type GrownBeam, type Hypothesis } from './beam-scorer.ts';
import type { GenerationContext, RecoverableRuntime } from './context.ts';
import type { GenerationConfig } from './generation-config.ts';
import { Sequence } from './sequence.ts';
import type { SequenceCache } from './sequence-cache.ts';
import { SequenceText } from './sequence-text.ts';
import type { GeneratedToken } from './token.ts';

/** A beam and the runtime sequence whose KV cache holds it. */
interface CachedBeam extends Beam {
  sequence: number;
}

/**
 * Yields the likeliest texts that beam search finds, best first, each from its first token to its last. Nothing is
 * certain before the end, so nothing is yielded before it.
 *
 * @throws VitrineError `aborted` when the signal fires before the end
 */
export async function* beamSearch(
  { session, lock, tokenizer }: GenerationContext,
  config: GenerationConfig,
  options: BeamOptions,
): AsyncGenerator<GeneratedToken> {
  const started = performance.now();
  const lease = await lock.acquire(config.signal);
  let found: Hypothesis[];
  try {
    // After a device loss the search starts over: it is deterministic.
    found = await session.run(() => search(session, config, options));
  } finally {
    lease.release();
  }
  session.times.timeToFirstTokenMs = performance.now() - started;
  const { prompt, conditions } = config;
  for (const [rank, { tokens, score }] of found.entries()) {
    const text = tokenizer && new SequenceText(tokenizer, [], prompt);
    const sequence = new Sequence(rank, prompt, text, conditions);
    for (const token of tokens) {
      const alternatives = token.alternatives.slice(0, config.alternatives);
      const report = sequence.accept({ ...token, alternatives }, false);
      if (sequence.finish) report.sequenceScore = score;
      yield report;
    }
  }
}

async function search(
  { cache, runtime }: RecoverableRuntime,
  config: GenerationConfig,
  options: BeamOptions,
): Promise<Hypothesis[]> {
  const { prompt, conditions, edits, signal, n } = config;
  const limit = Math.min(conditions.maxNewTokens, runtime.contextLength + 1 - prompt.length);
  const scorer = new BeamScorer(options, conditions.eosTokenIds, limit);
  await cache.setEdits(edits);
  await cache.prefillAll([], options.numBeams, signal);
  await cache.ensurePrefix(0, prompt.slice(0, -1), signal);
  let beams: CachedBeam[] = [{ tokens: [], sum: 0, sequence: 0 }];
  for (let length = 1; ; length++) {
    throwIfAborted(signal, 'The generation');
    const grown = scorer.advance(beams, await continuations(cache, config, beams, scorer.alternatives));
    if (scorer.done || length >= limit || grown.length === 0) return scorer.best(grown, n);
    beams = await assignSequences(cache, beams, grown, options.numBeams, prompt.length + length - 1);
  }
}

/** The likeliest next tokens of each beam, best first, from one pass over the newest token of each. */
async function continuations(
  cache: SequenceCache,
  { prompt, sampling, alternatives }: GenerationConfig,
  beams: readonly CachedBeam[],
  count: number,
) {
  const rows = beams.map(({ tokens, sequence }) => ({
    sequence,
    ids: [...prompt, ...tokens.map(({ id }) => id)],
    promptLength: prompt.length,
    draw: 0,
  }));
  const chosen = await cache.sampleNext({ rows, sampling, alternatives: Math.max(count, alternatives) });
  return chosen.map((token) =>
    token.alternatives
      .slice(0, count)
      .map((other) => ({ ...other, sequence: token.sequence, alternatives: token.alternatives })),
  );
}

/**
 * Gives each new beam a sequence that holds its first `length` tokens. The first child of a parent keeps the parent's
 * sequence; the others get copies in sequences that no parent needs any more.
 */
async function assignSequences(
  cache: SequenceCache,
  parents: readonly CachedBeam[],
  grown: readonly GrownBeam[],
  count: number,
  length: number,
): Promise<CachedBeam[]> {
  const inUse = new Set(grown.map(({ parent }) => parents[parent]?.sequence as number));
  const free = Array.from({ length: count }, (_, sequence) => sequence).filter((one) => !inUse.has(one));
  const copies = new Map<number, number[]>();
  const assigned = grown.map(({ parent, tokens, sum }): CachedBeam => {
    const own = parents[parent]?.sequence as number;
    if (inUse.delete(own)) return { tokens, sum, sequence: own };
    const sequence = free.shift() as number;
    copies.set(own, [...(copies.get(own) ?? []), sequence]);
    return { tokens, sum, sequence };
  });
  for (const [from, to] of copies) await cache.fork(from, to, length);
  return assigned;
}
