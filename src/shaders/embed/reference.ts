/** x[t] = wte[ids[t]] + wpe[base + t]; wte and wpe are rows of `columns`. */
export function embed(
  ids: readonly number[],
  base: number,
  wte: ArrayLike<number>,
  wpe: ArrayLike<number>,
  columns: number,
): Float64Array {
  const out = new Float64Array(ids.length * columns);
  for (const [t, id] of ids.entries()) {
    for (let k = 0; k < columns; k++) {
      out[t * columns + k] = (wte[id * columns + k] as number) + (wpe[(base + t) * columns + k] as number);
    }
  }
  return out;
}
