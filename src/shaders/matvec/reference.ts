/** y[t][row] = sum over k of W[row][k] x[t][k] + b[row]; x [T][K], W [rows][K], b [rows]. */
export function linear(
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
  sizes: { T: number; K: number; rows: number },
): Float64Array {
  const { T, K, rows } = sizes;
  const out = new Float64Array(T * rows);
  for (let t = 0; t < T; t++) {
    for (let row = 0; row < rows; row++) {
      let sum = bias[row] as number;
      for (let k = 0; k < K; k++) sum += (weights[row * K + k] as number) * (x[t * K + k] as number);
      out[t * rows + row] = sum;
    }
  }
  return out;
}

/** (x - mean) / sqrt(variance + epsilon) * gamma + beta for each of the T rows of x. */
export function layerNorm(
  x: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
  epsilon: number,
): Float64Array {
  const K = gamma.length;
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += K) {
    let mean = 0;
    for (let k = 0; k < K; k++) mean += (x[start + k] as number) / K;
    let variance = 0;
    for (let k = 0; k < K; k++) variance += ((x[start + k] as number) - mean) ** 2 / K;
    for (let k = 0; k < K; k++) {
      const normal = ((x[start + k] as number) - mean) / Math.sqrt(variance + epsilon);
      out[start + k] = normal * (gamma[k] as number) + (beta[k] as number);
    }
  }
  return out;
}

/** Vectors of a norm folded into the product that follows: s = W gamma, t = W beta + b. */
export function foldNorm(
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
  gamma: ArrayLike<number>,
  beta: ArrayLike<number>,
): { s: Float64Array; t: Float64Array } {
  const sizes = { T: 1, K: gamma.length, rows: bias.length };
  return {
    s: linear(gamma, weights, new Float64Array(bias.length), sizes),
    t: linear(beta, weights, bias, sizes),
  };
}
