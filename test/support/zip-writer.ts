/** How one entry is written; the oddities are for tests of what must be refused. */
export interface ZipPart {
  name: string;
  bytes: Uint8Array;
  method?: number;
  flags?: number;
  /** Sizes and place in the extra field, as in archives past 4 GiB. */
  wide?: boolean;
  /** Bytes of padding in the entry's own header. */
  padding?: number;
  /** Length to claim in place of the true one. */
  claim?: number;
}

/** An archive of stored entries. `wide` gives it the directory of archives past 4 GiB. */
export function writeZip(parts: readonly ZipPart[], wide = false): Uint8Array<ArrayBuffer> {
  return join(zipSegments(parts, wide));
}

/** Of an entry that is not in memory only the length is known. */
type Outlined = Omit<ZipPart, 'bytes'> & { bytes: { readonly length: number } };

/** What an archive is made of, in order: headers, and the entries' bytes as they were given. */
export function zipSegments<Part extends Outlined>(
  parts: readonly Part[],
  wide = false,
): (Uint8Array | Part['bytes'])[] {
  const local: (Uint8Array | Part['bytes'])[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const head = header(part, part.padding ?? 0, undefined);
    directory.push(header(part, part.wide ? 28 : 0, at));
    local.push(head, part.bytes);
    at += head.length + part.bytes.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  return [
    ...local,
    ...directory,
    ...(wide ? end64(parts.length, size, at) : []),
    end(parts.length, size, at, wide),
  ];
}

function header(part: Outlined, extra: number, place: number | undefined): Uint8Array {
  const name = new TextEncoder().encode(part.name);
  const fixed = place === undefined ? 30 : 46;
  const bytes = new Uint8Array(fixed + name.length + extra);
  const view = new DataView(bytes.buffer);
  const size = part.claim ?? part.bytes.length;
  // The directory's header is the entry's own with a version before it and places after it.
  const shift = place === undefined ? 0 : 2;
  view.setUint32(0, place === undefined ? 0x04034b50 : 0x02014b50, true);
  view.setUint16(6 + shift, part.flags ?? 0, true);
  view.setUint16(8 + shift, part.method ?? 0, true);
  view.setUint32(18 + shift, part.wide ? 0xffffffff : size, true);
  view.setUint32(22 + shift, part.wide ? 0xffffffff : size, true);
  view.setUint16(26 + shift, name.length, true);
  view.setUint16(28 + shift, extra, true);
  bytes.set(name, fixed);
  if (place === undefined) return bytes;
  view.setUint32(42, part.wide ? 0xffffffff : place, true);
  if (!part.wide) return bytes;
  const at = fixed + name.length;
  view.setUint16(at, 1, true);
  view.setUint16(at + 2, 24, true);
  for (const [i, value] of [size, size, place].entries())
    view.setBigUint64(at + 4 + i * 8, BigInt(value), true);
  return bytes;
}

function end64(count: number, size: number, at: number): Uint8Array[] {
  const record = new DataView(new ArrayBuffer(56));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  for (const [i, value] of [count, count, size, at].entries())
    record.setBigUint64(24 + i * 8, BigInt(value), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(at + size), true);
  locator.setUint32(16, 1, true);
  return [new Uint8Array(record.buffer), new Uint8Array(locator.buffer)];
}

function end(count: number, size: number, at: number, wide: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(22));
  view.setUint32(0, 0x06054b50, true);
  view.setUint16(8, wide ? 0xffff : count, true);
  view.setUint16(10, wide ? 0xffff : count, true);
  view.setUint32(12, wide ? 0xffffffff : size, true);
  view.setUint32(16, wide ? 0xffffffff : at, true);
  return new Uint8Array(view.buffer);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
