/** Rows of one sequence: q, k and v are [positions][heads][headSize]. */
export interface AttentionInput {
  q: ArrayLike<number>;
  k: ArrayLike<number>;
  v: ArrayLike<number>;
  heads: number;
  headSize: number;
  /** Factor of the scores. */
  scale: number;
}

/** Softmax of the scores of the query at `position` of a head over the keys up to it: [position + 1]. */
export function attentionWeights(input: AttentionInput, head: number, position: number): Float64Array {
  const { q, k, heads, headSize, scale } = input;
  const scores = new Float64Array(position + 1);
  for (let key = 0; key <= position; key++) {
    for (let d = 0; d < headSize; d++) {
      const query = q[(position * heads + head) * headSize + d] as number;
      scores[key] =
        (scores[key] as number) + scale * query * (k[(key * heads + head) * headSize + d] as number);
    }
  }
  const top = scores.reduce((left, right) => Math.max(left, right));
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((left, right) => left + right);
  return weights.map((weight) => weight / total);
}

/** The causal attention of the query at `position`: [heads][headSize]. */
export function attentionRow(input: AttentionInput, position: number): Float64Array {
  const { v, heads, headSize } = input;
  const out = new Float64Array(heads * headSize);
  for (let head = 0; head < heads; head++) {
    const weights = attentionWeights(input, head, position);
    for (const [key, weight] of weights.entries()) {
      for (let d = 0; d < headSize; d++) {
        const at = head * headSize + d;
        out[at] = (out[at] as number) + weight * (v[(key * heads + head) * headSize + d] as number);
      }
    }
  }
  return out;
}
