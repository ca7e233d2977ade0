import { deflateSync, inflateSync } from 'node:zlib';

type Colour = [red: number, green: number, blue: number];

/** Chunks of a PNG by type; data of several IDAT chunks is joined. */
function readChunks(png: Buffer): { IHDR: Buffer; IDAT: Buffer } {
  const chunks: { IHDR: Buffer; IDAT: Buffer } = { IHDR: Buffer.alloc(0), IDAT: Buffer.alloc(0) };
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IHDR' || type === 'IDAT')
      chunks[type] = Buffer.concat([chunks[type], png.subarray(at + 8, at + 8 + length)]);
    at += 12 + length;
  }
  return chunks;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)] as const;
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

/** Pixels as the file means them: the five line filters of PNG undone. */
function unfilter(raw: Buffer, width: number, height: number, step: number): Buffer {
  const row = width * step;
  const out = Buffer.alloc(row * height);
  for (let y = 0; y < height; y += 1) {
    const filter = raw.readUInt8(y * (row + 1));
    for (let x = 0; x < row; x += 1) {
      const at = y * row + x;
      const left = x >= step ? out.readUInt8(at - step) : 0;
      const up = y > 0 ? out.readUInt8(at - row) : 0;
      const corner = x >= step && y > 0 ? out.readUInt8(at - row - step) : 0;
      const add = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter] ?? 0;
      out[at] = raw.readUInt8(y * (row + 1) + 1 + x) + add;
    }
  }
  return out;
}

const colourAt = (pixels: Buffer, at: number): Colour => [
  pixels.readUInt8(at),
  pixels.readUInt8(at + 1),
  pixels.readUInt8(at + 2),
];

/** Four low shades are one: the eye does not part them, and edges of letters have many. */
const keyOf = ([red, green, blue]: Colour): number =>
  ((red & 0xfc) << 16) | ((green & 0xfc) << 8) | (blue & 0xfc);

/** The 256 colours that stand for the most pixels, and for each colour the nearest of them. */
function choosePalette(pixels: Buffer, step: number): { palette: Colour[]; nearest: Map<number, number> } {
  const counts = new Map<number, { count: number; colour: Colour }>();
  for (let at = 0; at < pixels.length; at += step) {
    const colour = colourAt(pixels, at);
    const key = keyOf(colour);
    const group = counts.get(key) ?? { count: 0, colour };
    group.count += 1;
    counts.set(key, group);
  }
  const groups = [...counts.entries()].sort((a, b) => b[1].count - a[1].count);
  const palette = groups.slice(0, 256).map(([, { colour }]) => colour);
  const nearest = new Map(
    groups.map(([key, { colour }], i) => [key, i < 256 ? i : closest(palette, colour)]),
  );
  return { palette, nearest };
}

function closest(palette: Colour[], [r, g, b]: Colour): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  palette.forEach((colour, i) => {
    const far = (colour[0] - r) ** 2 + (colour[1] - g) ** 2 + (colour[2] - b) ** 2;
    if (far < least) [least, best] = [far, i];
  });
  return best;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) crc = (crcTable[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, body.length + 4);
  return out;
}

/** A screenshot (8-bit RGB or RGBA PNG, opaque) with 256 colours: about a third of its bytes. */
export function toPalette(png: Buffer): Buffer {
  const { IHDR, IDAT } = readChunks(png);
  const [width, height] = [IHDR.readUInt32BE(0), IHDR.readUInt32BE(4)] as const;
  const [depth, kind] = [IHDR[8], IHDR[9]];
  if (depth !== 8 || (kind !== 2 && kind !== 6) || IHDR[12] !== 0) return png;
  const step = kind === 6 ? 4 : 3;
  const pixels = unfilter(inflateSync(IDAT), width, height, step);
  const { palette, nearest } = choosePalette(pixels, step);
  const lines = Buffer.alloc((width + 1) * height);
  for (let i = 0; i < width * height; i += 1) {
    const key = keyOf(colourAt(pixels, i * step));
    lines[i + Math.floor(i / width) + 1] = nearest.get(key) ?? 0;
  }
  const header = Buffer.from(IHDR);
  header[9] = 3;
  const small = Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(palette.flat())),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
  return small.length < png.length ? small : png;
}
