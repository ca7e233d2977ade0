import { versionText } from '../state/document.ts';
import type { PageData } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { type ImageLine, isRightToLeft, layoutText } from './image-layout.ts';
import { shadeOf, surprisal } from './shade.ts';

const page = { width: 720, margin: 48, line: 34, plot: 64, footer: 56, scale: 2, mostLines: 200 };
const face = '19px Literata, "Iowan Old Style", Charter, Georgia, serif';
const small = '13px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif';
const colours = { paper: '#faf8f4', ink: '#1d1b18', muted: '#625d55', line: '#8d8678', accent: '#a03c17' };
const shades = [0, 7, 14, 23, 33, 45].map((share) => `rgb(217 98 43 / ${share}%)`);
const inner = page.width - 2 * page.margin;
const mostBits = 16;

/** The part of a canvas this needs; text goes through `fillText` alone. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  'fillStyle' | 'font' | 'direction' | 'textAlign' | 'fillRect' | 'fillText' | 'measureText' | 'scale'
>;

export interface Drawing {
  width: number;
  height: number;
  /** Draws onto a canvas of that size. */
  draw(pen: Pen): void;
}

function drawLine(pen: Pen, line: ImageLine, top: number, state: PageData, rtl: boolean): void {
  const { tokens } = currentVersion(state);
  for (const { token, x, width } of line.marks) {
    const { origin, logprob } = tokens[token] ?? { origin: 'you', logprob: null };
    const left = page.margin + (rtl ? inner - x - width : x);
    pen.fillStyle = shades[shadeOf(logprob) ?? 0] ?? 'transparent';
    pen.fillRect(left, top + 3, width, page.line - 6);
    if (origin === 'model') continue;
    pen.fillStyle = origin === 'chosen' ? colours.accent : colours.line;
    pen.fillRect(left, top + page.line - 5, width, origin === 'chosen' ? 2 : 1);
  }
  pen.fillStyle = colours.ink;
  pen.fillText(line.text, rtl ? page.width - page.margin : page.margin, top + page.line - 11);
}

function drawPlot(pen: Pen, state: PageData, top: number): void {
  const { tokens } = currentVersion(state);
  const wide = inner / Math.max(tokens.length, 120);
  pen.fillStyle = shades[5] ?? colours.accent;
  tokens.forEach(({ logprob }, i) => {
    if (logprob === null || Number.isNaN(logprob)) return;
    const tall = Math.max(1, (Math.min(surprisal(logprob), mostBits) / mostBits) * page.plot);
    pen.fillRect(page.margin + i * wide, top + page.plot - tall, Math.max(wide * 0.8, 0.5), tall);
  });
  pen.fillStyle = colours.line;
  pen.fillRect(page.margin, top + page.plot, inner, 1);
}

function caption({ model, run }: PageData): string {
  const name = model ? `${model.id}, ${model.dtype}` : '';
  return `${name}${run ? `, seed ${run.origin.seed}` : ''} · the stronger the shade, the less expected the token`;
}

/** The text with its shading and the plot of its surprise, drawn; nothing in it is ever read as markup. */
export function drawRun(state: PageData, pen: Pen): Drawing {
  const version = currentVersion(state);
  pen.font = face;
  const all = layoutText(version, inner, (text) => pen.measureText(text).width);
  const lines = all.slice(0, page.mostLines);
  if (all.length > lines.length) lines.push({ text: '…', marks: [] });
  const rtl = isRightToLeft(versionText(version));
  const bottom = page.margin + lines.length * page.line + page.line / 2;
  const height = bottom + page.plot + page.footer;
  return {
    width: page.width * page.scale,
    height: Math.ceil(height * page.scale),
    draw(onto) {
      onto.scale(page.scale, page.scale);
      onto.fillStyle = colours.paper;
      onto.fillRect(0, 0, page.width, height);
      onto.font = face;
      onto.direction = rtl ? 'rtl' : 'ltr';
      onto.textAlign = rtl ? 'right' : 'left';
      lines.forEach((line, i) => {
        drawLine(onto, line, page.margin + i * page.line, state, rtl);
      });
      drawPlot(onto, state, bottom);
      onto.font = small;
      onto.direction = 'ltr';
      onto.textAlign = 'left';
      onto.fillStyle = colours.muted;
      onto.fillText(caption(state), page.margin, bottom + page.plot + 24);
    },
  };
}

/** The run as a PNG. @throws Error where the browser gives no canvas of that size */
export async function exportImage(state: PageData): Promise<Blob> {
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!pen) throw new Error('This browser gives the page no canvas to draw on.');
  const drawing = drawRun(state, pen);
  canvas.width = drawing.width;
  canvas.height = drawing.height;
  drawing.draw(pen);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('The browser could not make the picture. Save it as a page instead.');
  return blob;
}
