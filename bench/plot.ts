import { countParameters } from '../src/model/index.ts';
import type { Report } from './report.ts';

const width = 640;
const height = 360;
const margin = { left: 64, right: 96, top: 24, bottom: 48 };
const colours = ['#2f6f8f', '#b4552d', '#4c7a34', '#7a4c8f'];

interface Line {
  name: string;
  /** In the units of the axes. */
  points: [number, number][];
}

/** SVG text of milliseconds a token, a line a dtype: against the model's weights, or of one model against the context. */
export function plotCost(report: Report): string {
  const names = [...new Set(report.models.map(({ model }) => model))];
  const day = report.date.slice(0, 10);
  if (names.length > 1) return chart(sizeLines(report), `ms a token (${day})`, 'million weights');
  return chart(contextLines(report), `ms a token (${names[0] ?? ''}, ${day})`, 'tokens of context');
}

function contextLines({ models }: Report): Line[] {
  return models.map(({ dtype, decode }) => ({
    name: dtype,
    points: decode.map(({ context, tokensPerSecond }) => [context, 1000 / tokensPerSecond.median]),
  }));
}

/** At the first context of each model. */
function sizeLines({ models }: Report): Line[] {
  return [...new Set(models.map(({ dtype }) => dtype))].map((name) => ({
    name,
    points: models
      .filter(({ dtype }) => dtype === name)
      .flatMap(({ config, decode: [first] }): [number, number][] =>
        first ? [[countParameters(config) / 1e6, 1000 / first.tokensPerSecond.median]] : [],
      )
      .sort(([left], [right]) => left - right),
  }));
}

function chart(lines: readonly Line[], heading: string, xLabel: string): string {
  const all = lines.flatMap(({ points }) => points);
  const [mostX, mostY] = [niceAbove(all.map(([x]) => x)), niceAbove(all.map(([, y]) => y))];
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const x = (value: number) => margin.left + (inner.width * value) / mostX;
  const y = (value: number) => height - margin.bottom - (inner.height * value) / mostY;
  const title = plain(heading);
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const parts = [
    ...ticks.map((t) => rule(margin.left, y(t * mostY), width - margin.right, y(t * mostY))),
    ...ticks.map((t) => label(margin.left - 8, y(t * mostY) + 4, short(t * mostY), 'end')),
    ...ticks.map((t) => label(x(t * mostX), height - margin.bottom + 18, short(t * mostX), 'middle')),
    label(margin.left + inner.width / 2, height - 8, xLabel, 'middle'),
    label(8, 14, title, 'start'),
    ...lines.flatMap((line, i) => drawn(line, i, x, y)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n<title>${title}</title>\n<rect width="${width}" height="${height}" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

function drawn(
  { name, points }: Line,
  index: number,
  x: (value: number) => number,
  y: (value: number) => number,
) {
  const colour = colours[index % colours.length] as string;
  const path = points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ');
  return [
    `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...points.map(
      ([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="${colour}"/>`,
    ),
    `<text x="${width - margin.right + 12}" y="${margin.top + 4 + 18 * index}" fill="${colour}">${name}</text>`,
  ];
}

const rule = (x1: number, y1: number, x2: number, y2: number) =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`;

const label = (x: number, y: number, text: string, anchor: string) =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${plain(text)}</text>`;

const plain = (text: string) => text.replace(/[<>&]/g, ' ');

const short = (value: number) => String(Number(value.toPrecision(3)));

/** The least of 1, 2, 4, 5, 8 times a power of ten that is not below any value. */
function niceAbove(values: readonly number[]): number {
  const most = Math.max(1e-9, ...values);
  const power = 10 ** Math.floor(Math.log10(most));
  return (([1, 2, 4, 5, 8, 10].find((step) => step * power >= most) ?? 10) as number) * power;
}
