import { shown } from './header-json.ts';

/** One file in an archive, as its directory lists it. */
export interface ZipEntry {
  name: string;
  /** 0: stored without compression. */
  method: number;
  encrypted: boolean;
  compressedBytes: number;
  bytes: number;
  /** Offset of its local header. */
  headerAt: number;
  /** Upper bound for its data: the offset of the directory. */
  limit: number;
}

/** Thrown when an archive cannot be read. */
export class ZipFault extends Error {}

/** Reads the bytes [begin, end) of a file. */
export type ReadRange = (begin: number, end: number) => Promise<Uint8Array>;

const endBytes = 22;
const locatorBytes = 20;
const end64Bytes = 56;
const maxComment = 65_535;
const maxDirectoryBytes = 16 * 1024 * 1024;
const localBytes = 30;
const full32 = 0xffffffff;
const full16 = 0xffff;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function u64(view: DataView, at: number): number {
  const value = view.getBigUint64(at, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new ZipFault(`it names the place ${value}, past any file`);
  return Number(value);
}

/** The files of an archive, from the directory at its end. Throws {@link ZipFault}. */
export async function readZipDirectory(read: ReadRange, fileBytes: number): Promise<Map<string, ZipEntry>> {
  const tailAt = Math.max(0, fileBytes - endBytes - maxComment - locatorBytes - end64Bytes);
  const tail = await read(tailAt, fileBytes);
  const { count, at, bytes, limit } = await findDirectory(read, tail, tailAt);
  if (bytes > maxDirectoryBytes) throw new ZipFault(`its directory claims ${bytes} bytes`);
  if (at + bytes > limit) throw new ZipFault('its directory ends past the file');
  const directory =
    at >= tailAt ? tail.subarray(at - tailAt, at - tailAt + bytes) : await read(at, at + bytes);
  const entries = new Map<string, ZipEntry>();
  const view = viewOf(directory);
  let place = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readEntry(directory, view, place, at);
    place = next;
    if (entries.has(entry.name)) throw new ZipFault(`its directory lists ${shown(entry.name)} twice`);
    if (entry.headerAt + localBytes + entry.compressedBytes > at)
      throw new ZipFault(`the entry ${shown(entry.name)} reaches past the data`);
    entries.set(entry.name, entry);
  }
  if (place !== bytes) throw new ZipFault('its directory is longer than its entries');
  return entries;
}

interface Directory {
  count: number;
  at: number;
  bytes: number;
  /** Where the directory must have ended. */
  limit: number;
}

async function findDirectory(read: ReadRange, tail: Uint8Array, tailAt: number): Promise<Directory> {
  const view = viewOf(tail);
  let end = tail.length - endBytes;
  const isEnd = (at: number) =>
    view.getUint32(at, true) === 0x06054b50 && at + endBytes + view.getUint16(at + 20, true) === tail.length;
  while (end >= 0 && !isEnd(end)) end--;
  if (end < 0) throw new ZipFault('its end is missing: it was cut short, or is no zip archive');
  const found: Directory = {
    count: view.getUint16(end + 10, true),
    bytes: view.getUint32(end + 12, true),
    at: view.getUint32(end + 16, true),
    limit: tailAt + end,
  };
  if (found.count !== full16 && found.bytes !== full32 && found.at !== full32) return found;
  const locator = end - locatorBytes;
  if (locator < 0 || view.getUint32(locator, true) !== 0x07064b50)
    throw new ZipFault('it is too large for its kind of directory');
  const at64 = u64(view, locator + 8);
  if (at64 + end64Bytes > tailAt + locator) throw new ZipFault('its large directory ends past the file');
  const record = viewOf(await read(at64, at64 + end64Bytes));
  if (record.getUint32(0, true) !== 0x06064b50) throw new ZipFault('its large directory is missing');
  return { count: u64(record, 32), bytes: u64(record, 40), at: u64(record, 48), limit: at64 };
}

function readEntry(
  directory: Uint8Array,
  view: DataView,
  at: number,
  limit: number,
): { entry: ZipEntry; next: number } {
  if (at + 46 > directory.length || view.getUint32(at, true) !== 0x02014b50)
    throw new ZipFault('its directory is damaged');
  const nameBytes = view.getUint16(at + 28, true);
  const extraBytes = view.getUint16(at + 30, true);
  const next = at + 46 + nameBytes + extraBytes + view.getUint16(at + 32, true);
  if (next > directory.length) throw new ZipFault('its directory is damaged');
  const entry: ZipEntry = {
    name: new TextDecoder().decode(directory.subarray(at + 46, at + 46 + nameBytes)),
    method: view.getUint16(at + 10, true),
    encrypted: (view.getUint16(at + 8, true) & 1) !== 0,
    compressedBytes: view.getUint32(at + 20, true),
    bytes: view.getUint32(at + 24, true),
    headerAt: view.getUint32(at + 42, true),
    limit,
  };
  const extraAt = at + 46 + nameBytes;
  widen(entry, viewOf(directory.subarray(extraAt, extraAt + extraBytes)));
  return { entry, next };
}

/** The zip64 extra field holds only the sizes and offsets that exceed 32 bits, in this order. */
function widen(entry: ZipEntry, extra: DataView): void {
  const wide = (['bytes', 'compressedBytes', 'headerAt'] as const).filter((field) => entry[field] === full32);
  if (wide.length === 0) return;
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const bytes = extra.getUint16(at + 2, true);
    if (extra.getUint16(at, true) === 1) {
      if (bytes < wide.length * 8 || at + 4 + bytes > extra.byteLength) break;
      for (const [i, field] of wide.entries()) entry[field] = u64(extra, at + 4 + i * 8);
      return;
    }
    at += 4 + bytes;
  }
  throw new ZipFault(`the entry ${shown(entry.name)} lacks its size`);
}

const nearby = 64 * 1024;

/**
 * Data offsets of stored entries. Only each entry's local header determines them; headers that
 * are close together are read in one request. Throws {@link ZipFault}.
 */
export async function locateEntries(
  read: ReadRange,
  entries: readonly ZipEntry[],
): Promise<Map<string, number>> {
  for (const entry of entries) {
    if (entry.encrypted) throw new ZipFault(`its entry ${shown(entry.name)} is encrypted`);
    if (entry.method !== 0 || entry.bytes !== entry.compressedBytes)
      throw new ZipFault(`its entry ${shown(entry.name)} is compressed, so it cannot be read in parts`);
  }
  const sorted = [...entries].sort((a, b) => a.headerAt - b.headerAt);
  const groups: ZipEntry[][] = [];
  for (const entry of sorted) {
    const group = groups.at(-1);
    if (group?.[0] && entry.headerAt - group[0].headerAt < nearby) group.push(entry);
    else groups.push([entry]);
  }
  const places = new Map<string, number>();
  const work = groups.values();
  const worker = async () => {
    for (const group of work) await locateGroup(read, group, places);
  };
  await Promise.all(Array.from({ length: 6 }, worker));
  return places;
}

async function locateGroup(read: ReadRange, group: ZipEntry[], places: Map<string, number>): Promise<void> {
  const begin = group[0]?.headerAt ?? 0;
  const end = (group.at(-1)?.headerAt ?? 0) + localBytes;
  const view = viewOf(await read(begin, end));
  for (const entry of group) {
    const at = entry.headerAt - begin;
    if (view.getUint32(at, true) !== 0x04034b50 || view.getUint16(at + 8, true) !== entry.method)
      throw new ZipFault(`the entry ${shown(entry.name)} is not where its directory says`);
    const names = view.getUint16(at + 26, true) + view.getUint16(at + 28, true);
    const place = entry.headerAt + localBytes + names;
    if (place + entry.bytes > entry.limit)
      throw new ZipFault(`the entry ${shown(entry.name)} reaches past the data`);
    places.set(entry.name, place);
  }
}
