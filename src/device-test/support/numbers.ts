/** A seeded source of numbers in [0, 1): the same in every run and on every platform. */
export function seeded(seed: number): () => number {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x6d2b79f5) >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** `count` numbers, roughly normal with this deviation and mean, as f32. */
export function randomFloats(
  seed: number,
  count: number,
  deviation = 1,
  mean = 0,
): Float32Array<ArrayBuffer> {
  const next = seeded(seed);
  return Float32Array.from(
    { length: count },
    () => mean + deviation * (next() + next() + next() + next() - 2) * Math.sqrt(3),
  );
}

/** `count` whole numbers in [0, below). */
export function randomIds(seed: number, count: number, below: number): number[] {
  const next = seeded(seed);
  return Array.from({ length: count }, () => Math.floor(next() * below));
}

/** Adds padding: `rows` rows of `columns` numbers become rows of `stride`, filled up with `pad`. */
export function strided(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
  stride: number,
  pad = 0,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * stride).fill(pad);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) out[row * stride + i] = data[row * columns + i] as number;
  }
  return out;
}

/** The inverse of {@link strided}. */
export function unstrided(
  data: ArrayLike<number>,
  rows: number,
  columns: number,
  stride: number,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < columns; i++) out[row * columns + i] = data[row * stride + i] as number;
  }
  return out;
}
