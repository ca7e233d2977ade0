import { VitrineError } from '../../lib/index.ts';

const block = 512;

/** The header of one file in a tar archive (ustar). */
export function tarHeader(path: string, bytes: number): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(block);
  const put = (at: number, text: string) => header.set(new TextEncoder().encode(text), at);
  const name = new TextEncoder().encode(path);
  if (name.length > 100)
    throw new VitrineError('invalid-argument', `The path ${path} is too long for an archive.`);
  header.set(name, 0);
  put(100, '0000644\0');
  put(108, '0000000\0');
  put(116, '0000000\0');
  put(124, `${bytes.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, '0');
  put(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Zeros after a file's bytes, up to a whole block. */
export function tarPadding(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array((block - (bytes % block)) % block);
}

/** The two empty blocks at an archive's end. */
export function tarEnd(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(2 * block);
}

/** The files in a tar archive by path, without reading them. Throws `invalid-argument` for anything else. */
export async function readTar(archive: Blob): Promise<Map<string, Blob>> {
  const files = new Map<string, Blob>();
  for (let at = 0; at + block <= archive.size; ) {
    const header = new Uint8Array(await archive.slice(at, at + block).arrayBuffer());
    if (header.every((byte) => byte === 0)) break;
    const path = textOf(header, 0, 100);
    const size = Number.parseInt(textOf(header, 124, 136), 8);
    const end = at + block + size;
    if (textOf(header, 257, 262) !== 'ustar' || !path || !(size >= 0) || end > archive.size)
      throw new VitrineError(
        'invalid-argument',
        'This file is not an exported model, or only a part of one.',
      );
    files.set(path, archive.slice(at + block, end));
    at = end + tarPadding(size).length;
  }
  return files;
}

function textOf(bytes: Uint8Array, begin: number, end: number): string {
  const part = bytes.subarray(begin, end);
  const zero = part.indexOf(0);
  return new TextDecoder().decode(zero < 0 ? part : part.subarray(0, zero)).trim();
}
