/** The likeliest tokens of a row of logits, best first, with their log-probabilities. */
export function likeliest(logits: Float32Array, count: number): { id: number; logprob: number }[] {
  let top = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > top) top = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - top);
  const normal = top + Math.log(sum);
  const best: { id: number; logprob: number }[] = [];
  for (let id = 0; id < logits.length; id++) {
    const logprob = (logits[id] ?? Number.NEGATIVE_INFINITY) - normal;
    if (best.length === count && logprob <= (best.at(-1)?.logprob ?? 0)) continue;
    const place = best.findIndex((other) => logprob > other.logprob);
    best.splice(place < 0 ? best.length : place, 0, { id, logprob });
    if (best.length > count) best.pop();
  }
  return best;
}
