import { throwIfAborted } from '../lib/index.ts';
import { createStopMatcher } from '../sampling/index.ts';
import { type Beam, type BeamOptions, BeamScorer, type GrownBeam, type Hypothesis } from './beam-scorer.ts';
import { Column } from './column.ts';
import type { Stage } from './generate.ts';
import type { Plan } from './plan.ts';
import type { Session } from './session.ts';
import type { GeneratedToken } from './types.ts';

/** A beam with the sequence of the runtime whose cache holds it. */
interface PlacedBeam extends Beam {
  sequence: number;
}

/**
 * The likeliest texts that beam search finds, best first, each from its first token to its last. Nothing is certain
 * before the end, so nothing comes before it.
 *
 * @throws VitrineError `aborted` when the signal fires before the end
 */
export async function* beamSearch(
  { session, turns, tokenizer }: Stage,
  plan: Plan,
  options: BeamOptions,
): AsyncGenerator<GeneratedToken> {
  const started = performance.now();
  const turn = await turns.take(plan.signal);
  let found: Hypothesis[];
  try {
    // After a lost device the search begins anew: it takes the same way.
    found = await session.run(() => search(session, plan, options));
  } finally {
    turn.release();
  }
  session.times.timeToFirstTokenMs = performance.now() - started;
  for (const [rank, { tokens, score }] of found.entries()) {
    const column = new Column(
      rank,
      plan.prompt,
      tokenizer,
      tokenizer.stream(),
      createStopMatcher([]),
      plan.ends,
    );
    for (const token of tokens) {
      const alternatives = token.alternatives.slice(0, plan.alternatives);
      const report = column.accept({ ...token, alternatives }, false);
      if (column.finish) report.sequenceScore = score;
      yield report;
    }
  }
}

async function search(session: Session, plan: Plan, options: BeamOptions): Promise<Hypothesis[]> {
  const { prompt, ends, signal, n } = plan;
  const limit = Math.min(ends.maxNewTokens, session.runtime.contextLength + 1 - prompt.length);
  const scorer = new BeamScorer(options, ends.eosTokenIds, limit);
  await session.placeAll([], options.numBeams, signal);
  await session.hold(0, prompt.slice(0, -1), signal);
  let beams: PlacedBeam[] = [{ tokens: [], sum: 0, sequence: 0 }];
  for (let length = 1; ; length++) {
    throwIfAborted(signal, 'The generation');
    const grown = scorer.advance(beams, await continuations(session, plan, beams, scorer.alternatives));
    if (scorer.done || length >= limit || grown.length === 0) return scorer.best(grown, n);
    beams = await settle(session, beams, grown, options.numBeams, prompt.length + length - 1);
  }
}

/** What each beam may go on with, best first, from one pass over the newest tokens of all. */
async function continuations(
  session: Session,
  { prompt, sampling, alternatives }: Plan,
  beams: readonly PlacedBeam[],
  count: number,
) {
  const rows = beams.map(({ tokens, sequence }) => ({
    sequence,
    ids: [...prompt, ...tokens.map(({ id }) => id)],
    promptLength: prompt.length,
    draw: 0,
  }));
  const chosen = await session.choose({ rows, sampling, alternatives: Math.max(count, alternatives) });
  return chosen.map((token) =>
    token.alternatives
      .slice(0, count)
      .map((other) => ({ ...other, sequence: token.sequence, alternatives: token.alternatives })),
  );
}

/**
 * Gives the new beams sequences that hold their first `length` tokens. The first of each parent's children stays where
 * the parent is; others get copies, in places that nobody stays in.
 */
async function settle(
  session: Session,
  parents: readonly PlacedBeam[],
  grown: readonly GrownBeam[],
  sequences: number,
  length: number,
): Promise<PlacedBeam[]> {
  const staying = new Set(grown.map(({ parent }) => parents[parent]?.sequence as number));
  const free = Array.from({ length: sequences }, (_, sequence) => sequence).filter(
    (one) => !staying.has(one),
  );
  const copies = new Map<number, number[]>();
  const placed = grown.map(({ parent, tokens, sum }): PlacedBeam => {
    const home = parents[parent]?.sequence as number;
    if (staying.delete(home)) return { tokens, sum, sequence: home };
    const sequence = free.shift() as number;
    copies.set(home, [...(copies.get(home) ?? []), sequence]);
    return { tokens, sum, sequence };
  });
  for (const [from, to] of copies) await session.fork(from, to, length);
  return placed;
}
