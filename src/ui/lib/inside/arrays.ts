/** Numbers with a shape, in row-major order. */
export interface NamedArray {
  name: string;
  shape: readonly number[];
  data: Float32Array;
}

/** A header padded with spaces so that what follows begins at a multiple of `unit`. */
function padded(text: string, before: number, unit: number, end = ''): string {
  const length = before + text.length + end.length;
  return text + ' '.repeat((unit - (length % unit)) % unit) + end;
}

/** Float32 values as little-endian bytes, whatever this machine's order is. */
function littleEndian(data: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4 * data.length);
  const view = new DataView(bytes.buffer);
  data.forEach((value, i) => {
    view.setFloat32(4 * i, value, true);
  });
  return bytes;
}

const ascii = (text: string) => new TextEncoder().encode(text);

/** One array as a file of NumPy, format 1.0. */
export function toNpy({ shape, data }: NamedArray): Blob {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = ascii(padded(dictionary, 10, 64, '\n'));
  const start = new Uint8Array([0x93, ...ascii('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  return new Blob([start, header, littleEndian(data)], { type: 'application/octet-stream' });
}

/** Arrays as a safetensors file. */
export function toSafetensors(arrays: readonly NamedArray[]): Blob {
  let end = 0;
  const entries = arrays.map(({ name, shape, data }) => {
    const begin = end;
    end += 4 * data.length;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
  });
  const header = ascii(padded(JSON.stringify(Object.fromEntries(entries)), 8, 8));
  const length = new DataView(new ArrayBuffer(8));
  length.setBigUint64(0, BigInt(header.length), true);
  return new Blob([length.buffer, header, ...arrays.map(({ data }) => littleEndian(data))], {
    type: 'application/octet-stream',
  });
}

/** Rows of equal length as an array of two dimensions. */
export function arrayOf(name: string, rows: readonly ArrayLike<number>[]): NamedArray {
  const width = rows[0]?.length ?? 0;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(row, i * width);
  });
  return { name, shape: [rows.length, width], data };
}
