import type { Dtype } from '../../src/weights/index.ts';

/** A tensor to write: `data` is its bytes, little-endian. */
export interface WrittenTensor {
  name: string;
  dtype: Dtype;
  shape: readonly number[];
  data: Uint8Array;
}

export interface WriteOptions {
  metadata?: Record<string, string>;
  /** Spaces after the JSON until the header has so many bytes. */
  padHeaderTo?: number;
  /** Puts the data at an odd offset of the file. */
  unaligned?: boolean;
  /** Order of the values in the file, by name; that of the header stays. Default: as given. */
  order?: readonly string[];
}

/** A safetensors file. */
export function writeSafetensors(
  tensors: readonly WrittenTensor[],
  { metadata, padHeaderTo = 0, unaligned = false, order }: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const placed = (order ?? [...byName.keys()]).flatMap((name) => byName.get(name) ?? []);
  const offsets = new Map<string, [number, number]>();
  let end = 0;
  for (const { name, data } of placed) {
    offsets.set(name, [end, end + data.length]);
    end += data.length;
  }
  const entries: [string, unknown][] = tensors.map(({ name, dtype, shape }) => [
    name,
    { dtype, shape, data_offsets: offsets.get(name) },
  ]);
  if (metadata) entries.unshift(['__metadata__', metadata]);
  // Not by way of an object: that would reorder names like numbers and lose `__proto__`.
  const json = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  const text = new TextEncoder().encode(`{${json}}`);
  let length = Math.max(text.length, padHeaderTo);
  if (unaligned && length % 2 === 0) length++;
  const file = new Uint8Array(8 + length + end).fill(32, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, 8);
  for (const { name, data } of placed) file.set(data, 8 + length + (offsets.get(name)?.[0] ?? 0));
  return file;
}
