import {
  drawableLogits,
  isPlainGreedy,
  type ResolvedSampling,
  type SamplingContext,
  sampleReference,
} from '../../sampling/index.ts';

/** A token with its log-probability under unmodified logits. */
interface Candidate {
  id: number;
  logit: number;
  logprob: number;
}

/** log Σ exp(logit), in nats. */
export function logSumExp(logits: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > top) top = logits[id]!;
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += Math.exp(logits[id]! - top);
  return top + Math.log(sum);
}

/**
 * The `count` likeliest tokens, best first, the lowest id first among equals.
 * @param choices the part of the logits to choose from
 */
export function likeliest(logits: Float32Array, count: number, choices = logits): Candidate[] {
  if (count === 0) return [];
  const ids: number[] = [];
  for (let id = 0; id < choices.length; id++) {
    const logit = logits[id]!;
    if (ids.length === count && logit <= logits[ids[count - 1]!]!) continue;
    let at = ids.length;
    while (at > 0 && logits[ids[at - 1]!]! < logit) at--;
    ids.splice(at, 0, id);
    if (ids.length > count) ids.pop();
  }
  const normaliser = logSumExp(logits);
  return ids.map((id) => ({ id, logit: logits[id]!, logprob: logits[id]! - normaliser }));
}

/** What a row of logits says of a target and of itself; a target below 0 is none. */
export function judgeRow(logits: Float32Array, target: number, top: number) {
  const normaliser = logSumExp(logits);
  const own = target < 0 ? Number.NaN : logits[target]!;
  let rank = target < 0 ? 0 : 1;
  let entropy = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (logit > own || (logit === own && id < target)) rank += 1;
    const logprob = logit - normaliser;
    // What has no probability adds nothing; 0 times minus infinity is no number.
    if (logprob > -700) entropy -= Math.exp(logprob) * logprob;
  }
  const best = likeliest(logits, top).map(({ id, logprob }) => ({ id, logprob }));
  return { logprob: own - normaliser, rank, entropy, likeliest: best };
}

/**
 * The likeliest token, the lowest id first among equals; undefined where samplers see other equals than there are: the
 * largest logit is so small or large that they change it, or there is none.
 */
function plainChoice(logits: Float32Array): number | undefined {
  let top = Number.NEGATIVE_INFINITY;
  let best = -1;
  for (let id = 0; id < logits.length; id++)
    if (logits[id]! > top) {
      top = logits[id]!;
      best = id;
    }
  const magnitude = Math.abs(top);
  return best >= 0 && magnitude > 1e-30 && magnitude < 1e30 ? best : undefined;
}

/** Chooses a token by the sampling options and returns the log-probabilities of it and its alternatives. */
export function chooseToken(
  logits: Float32Array,
  context: SamplingContext,
  sampling: ResolvedSampling,
  draw: { sequence: number; draw: number },
  alternatives: number,
): { id: number; logprob: number; alternatives: { id: number; logprob: number }[] } {
  const plain = isPlainGreedy(sampling) ? plainChoice(drawableLogits(logits, sampling)) : undefined;
  const id = plain ?? sampleReference(logits, context, sampling, draw);
  const logprob = (logits[id] as number) - logSumExp(logits);
  const others = likeliest(logits, alternatives, drawableLogits(logits, sampling));
  return {
    id,
    logprob,
    alternatives: others.map((other) => ({ id: other.id, logprob: other.logprob })),
  };
}
