/** Log of the sum of exp of a row of logits. */
export function logSumExp(logits: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i] as number);
  let mass = 0;
  for (let i = 0; i < logits.length; i++) mass += Math.exp((logits[i] as number) - top);
  return top + Math.log(mass);
}

/** Entropy in nats of the probabilities that a row of logits gives. */
export function entropyOf(logits: ArrayLike<number>): number {
  const normaliser = logSumExp(logits);
  let entropy = 0;
  for (let i = 0; i < logits.length; i++) {
    const logprob = (logits[i] as number) - normaliser;
    // What has no probability adds nothing; 0 times minus infinity is no number.
    if (logprob > -700) entropy -= Math.exp(logprob) * logprob;
  }
  return entropy;
}

/** Place of an id among all, from 1 for the likeliest; the lowest id first among equals. */
export function rankOf(logits: ArrayLike<number>, id: number): number {
  const own = logits[id] as number;
  let rank = 1;
  for (let i = 0; i < logits.length; i++) {
    const other = logits[i] as number;
    if (other > own || (other === own && i < id)) rank += 1;
  }
  return rank;
}

/** The `count` likeliest ids of a row, best first, the lowest id first among equals. */
export function likeliest(logits: ArrayLike<number>, count: number): number[] {
  const ids = Array.from({ length: logits.length }, (_, id) => id);
  ids.sort((left, right) => (logits[right] as number) - (logits[left] as number) || left - right);
  return ids.slice(0, count);
}
