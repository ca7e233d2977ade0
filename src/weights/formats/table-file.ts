/**
 * Reads a LevelDB table file, such as the index of a TensorFlow checkpoint. The file consists of blocks of entries with
 * prefix-compressed keys, an index of the blocks, and a footer with the offset of the index.
 */

/** A table file that is damaged or not supported; the message says why. */
export class TableFault extends Error {}

const footerBytes = 48;
const magic = 0xdb4775248b80fb57n;
/** Limit for the whole table. */
const maxEntries = 1_000_000;

/** Returns all entries in file order. @throws {@link TableFault} */
export function readTable(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes.length < footerBytes) throw new TableFault('it is shorter than its footer');
  const footer = new Cursor(bytes.subarray(bytes.length - footerBytes));
  if (footer.view.getBigUint64(footerBytes - 8, true) !== magic)
    throw new TableFault('its footer is not that of a table');
  // The first handle is of the metaindex block, which is not needed.
  handleOf(footer);
  const index = readBlock(bytes, handleOf(footer));
  const entries = new Map<string, Uint8Array>();
  const handles = index.map(([, value]) => handleOf(new Cursor(value)));
  // Blocks do not overlap. A file that listed one block many times would take very long to read.
  if (handles.reduce((sum, handle) => sum + handle.bytes + 5, 0) > bytes.length)
    throw new TableFault('its blocks are longer than the file');
  for (const handle of handles)
    for (const [key, content] of readBlock(bytes, handle)) {
      if (entries.has(key)) throw new TableFault(`it has the key ${JSON.stringify(key.slice(0, 60))} twice`);
      entries.set(key, content);
      if (entries.size > maxEntries) throw new TableFault(`it has more than ${maxEntries} entries`);
    }
  return entries;
}

/** Sequential reader of numbers and byte strings. */
export class Cursor {
  readonly view: DataView;
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  take(count: number): Uint8Array {
    if (count > this.#bytes.length - this.at) throw new TableFault('a value in it ends too early');
    this.at += count;
    return this.#bytes.subarray(this.at - count, this.at);
  }

  /** Reads an unsigned LEB128 integer: groups of seven bits, lowest first. */
  varint(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 63; factor *= 128) {
      const byte = this.take(1)[0] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) {
        if (value > Number.MAX_SAFE_INTEGER) throw new TableFault(`it holds the number ${value}`);
        return value;
      }
    }
    throw new TableFault('a number in it does not end');
  }
}

interface Handle {
  begin: number;
  bytes: number;
}

function handleOf(cursor: Cursor): Handle {
  return { begin: cursor.varint(), bytes: cursor.varint() };
}

/**
 * Reads the entries of a block. An entry has three lengths (the prefix shared with the previous key, the rest of the key,
 * the value), then the rest of the key and the value. The block ends with its restart points, which are not needed.
 */
function readBlock(file: Uint8Array, { begin, bytes }: Handle): [string, Uint8Array][] {
  if (begin + bytes + 5 > file.length) throw new TableFault('a block in it reaches past its end');
  const block = file.subarray(begin, begin + bytes);
  checkBlock(file, begin, bytes);
  if (bytes < 4) throw new TableFault('a block in it is too short');
  const restarts = new DataView(block.buffer, block.byteOffset, bytes).getUint32(bytes - 4, true);
  const end = bytes - 4 - restarts * 4;
  if (end < 0) throw new TableFault('a block in it has more restarts than bytes');
  const cursor = new Cursor(block.subarray(0, end));
  const entries: [string, Uint8Array][] = [];
  let key = new Uint8Array();
  while (!cursor.done) {
    const [shared, own, valueBytes] = [cursor.varint(), cursor.varint(), cursor.varint()];
    if (shared > key.length || shared + own > 4096) throw new TableFault('a key in it is damaged');
    const next = new Uint8Array(shared + own);
    next.set(key.subarray(0, shared));
    next.set(cursor.take(own), shared);
    key = next;
    entries.push([new TextDecoder().decode(key), cursor.take(valueBytes)]);
    if (entries.length > maxEntries)
      throw new TableFault(`a block in it has more than ${maxEntries} entries`);
  }
  return entries;
}

/** Checks the trailer of a block: its compression type, and the masked CRC-32C of block and type. */
function checkBlock(file: Uint8Array, begin: number, bytes: number): void {
  const type = file[begin + bytes];
  if (type === 1) throw new TableFault('its blocks are compressed with snappy');
  if (type !== 0) throw new TableFault(`its blocks are compressed in an unknown way (${type})`);
  const view = new DataView(file.buffer, file.byteOffset + begin + bytes + 1, 4);
  if (view.getUint32(0, true) !== maskedCrc32c(file.subarray(begin, begin + bytes + 1)))
    throw new TableFault('the checksum of a block in it does not fit');
}

let crcTable: Uint32Array | undefined;

/** CRC-32C with LevelDB's mask. */
export function maskedCrc32c(bytes: Uint8Array): number {
  crcTable ??= Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
    return value;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 255] ?? 0);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
