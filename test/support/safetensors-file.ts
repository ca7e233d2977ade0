import { parseSafetensorsHeader, readHeaderLength } from '../../src/weights/formats/safetensors.ts';

const utf8 = new TextEncoder();

/** A file: length, header, and so many data bytes. */
export function safetensorsFile(header: string | Uint8Array, data: number): Uint8Array {
  const json = typeof header === 'string' ? utf8.encode(header) : header;
  const bytes = new Uint8Array(8 + json.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

/** Parses a whole file as the loader does. */
export function readSafetensors(file: Uint8Array, fileBytes = file.length) {
  const length = readHeaderLength(file.subarray(0, 8), fileBytes, 'model.safetensors');
  return parseSafetensorsHeader(file.subarray(8, 8 + length), { file: 'model.safetensors', fileBytes });
}
