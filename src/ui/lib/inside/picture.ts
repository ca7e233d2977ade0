import type { Grid } from './grids.ts';

const colours = {
  paper: '#faf8f4',
  ink: '#1d1b18',
  muted: '#625d55',
  tint: '#d9622b',
  cool: '#2f6f9f',
  line: '#8d8678',
};
const face = 'system-ui, -apple-system, &quot;Segoe UI&quot;, sans-serif';
const margin = 24;
const row = 24;
const mostPixels = 8192;

/** Text as XML holds it; control characters are not among what XML can hold. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/[\p{Cc}\p{Cs}]/gu, '�');
}

function text(x: number, y: number, words: string, more = ''): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
}

function svg(width: number, height: number, title: string, body: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${face}" font-size="12" fill="${colours.ink}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" fill="${colours.paper}"/>`,
    text(margin, margin + 4, title, 'font-weight="600" font-size="14"'),
    ...body,
    '</svg>',
  ].join('\n');
}

function cellOf(grid: Grid, at: { row: number; column: number }, x: number, y: number, wide: number): string {
  const value = Math.max(-1, Math.min(1, grid.value(at.row, at.column)));
  if (Math.abs(value) < 0.02) return '';
  const fill = value < 0 ? colours.cool : colours.tint;
  return `<rect x="${x}" y="${y}" width="${wide - 1}" height="${row - 1}" fill="${fill}" fill-opacity="${(Math.abs(value) * 0.62).toFixed(3)}"/>`;
}

/** A heat map as SVG, with its labels. */
export function gridSvg(title: string, grid: Grid): string {
  const wide = grid.minCell;
  const label = 10 + 7 * Math.max(...grid.rowLabels.map((name) => name.length), 1);
  const left = margin + label;
  const top = margin + 2 * row;
  const short = (words: string) =>
    words.length > wide / 7 ? `${words.slice(0, Math.floor(wide / 7))}…` : words;
  const body = grid.columnLabels.map((name, column) =>
    text(left + column * wide + 3, top - 8, short(name), `fill="${colours.muted}"`),
  );
  grid.rowLabels.forEach((name, index) => {
    const y = top + index * row;
    body.push(text(margin, y + 16, name, `fill="${colours.muted}"`));
    grid.columnLabels.forEach((_, column) => {
      const x = left + column * wide;
      const words = grid.text(index, column);
      body.push(cellOf(grid, { row: index, column }, x, y, wide));
      if (words) body.push(text(x + 3, y + 16, short(words)));
    });
  });
  const width = left + grid.columnLabels.length * wide + margin;
  return svg(width, top + grid.rowLabels.length * row + margin, title, body.filter(Boolean));
}

/** Bars left and right of nothing as SVG. */
export function barsSvg(title: string, rows: readonly { name: string; value: number }[]): string {
  const [label, half] = [180, 190];
  const middle = margin + label + half;
  const top = margin + row;
  const most = Math.max(...rows.map(({ value }) => Math.abs(value)), 1e-9);
  const body = rows.flatMap(({ name, value }, index) => {
    const y = top + index * row;
    const long = (Math.abs(value) / most) * half;
    const fill = value < 0 ? colours.cool : colours.tint;
    return [
      text(margin, y + 16, name),
      `<rect x="${value < 0 ? middle - long : middle}" y="${y + 6}" width="${long.toFixed(1)}" height="12" fill="${fill}"/>`,
      text(middle + half + 60, y + 16, value.toFixed(3).replace('-', '−'), 'text-anchor="end"'),
    ];
  });
  const bottom = top + rows.length * row;
  body.push(`<path d="M${middle} ${top}V${bottom}" stroke="${colours.line}"/>`);
  return svg(middle + half + 60 + margin, bottom + margin, title, body);
}

/** A picture of SVG as PNG, at twice its size where that is not too large. @throws Error where the browser gives no canvas */
export async function pngOf(source: string): Promise<Blob> {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([source], { type: 'image/svg+xml' }));
  try {
    image.src = address;
    await image.decode();
    const scale = Math.min(2, mostPixels / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('The browser could not make the picture. Save it as SVG instead.');
    return blob;
  } finally {
    URL.revokeObjectURL(address);
  }
}
