/** Upper bounds of probability for shades 5 (most surprising) to 1; above the last there is no shade. */
const bounds = [0.01, 0.05, 0.2, 0.5, 0.8];

/** How strongly a token is shaded, 0 (expected) to 5 (a surprise); null while its probability is unknown. */
export function shadeOf(logprob: number | null): number | null {
  if (logprob === null || Number.isNaN(logprob)) return null;
  const probability = Math.exp(logprob);
  const index = bounds.findIndex((bound) => probability < bound);
  return index < 0 ? 0 : bounds.length - index;
}

/** Surprisal in bits: -log2 of the probability. */
export function surprisal(logprob: number): number {
  return Math.max(0, -logprob / Math.LN2);
}
