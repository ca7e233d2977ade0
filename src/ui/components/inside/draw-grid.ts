import type { Grid } from '../../lib/inside/grids.ts';
import type { Palette } from './palette.ts';

export const headerHeight = 24;
export const rowHeight = 28;
export const gridHeight = ({ rowLabels }: Grid) => headerHeight + rowLabels.length * rowHeight;

const face = '12px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif';
const strongest = 0.62;

interface View {
  cell: number;
  scrolled: number;
  /** Pixels in view. */
  seen: number;
  at: { row: number; column: number };
  palette: Palette;
}

type Pen = CanvasRenderingContext2D;

/** A text cut to what fits. */
function clip(pen: Pen, text: string, width: number): string {
  if (pen.measureText(text).width <= width) return text;
  let short = text;
  while (short.length > 1 && pen.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}

function drawCell(pen: Pen, grid: Grid, row: number, column: number, x: number, view: View): void {
  const { palette, cell } = view;
  const y = headerHeight + row * rowHeight;
  const value = Math.max(-1, Math.min(1, grid.value(row, column)));
  pen.globalAlpha = Math.abs(value) * strongest;
  pen.fillStyle = value < 0 ? palette.cool : palette.tint;
  pen.fillRect(x, y, cell - 1, rowHeight - 1);
  pen.globalAlpha = 1;
  const text = grid.text(row, column);
  if (text && cell >= 30) {
    pen.fillStyle = Math.abs(value) < 0.08 ? palette.muted : palette.ink;
    pen.fillText(clip(pen, text, cell - 9), x + 4, y + 18);
  }
  if (grid.marked?.(row, column)) {
    pen.fillStyle = palette.ink;
    pen.fillRect(x + 3, y + rowHeight - 4, cell - 7, 1.5);
  }
}

/** Draws the columns in view. */
export function drawCells(pen: Pen, grid: Grid, view: View): void {
  const { cell, scrolled, seen, at, palette } = view;
  const columns = grid.columnLabels.length;
  pen.font = face;
  const end = Math.min(columns, Math.ceil((scrolled + seen) / cell));
  for (let column = Math.floor(scrolled / cell); column < end; column++) {
    const x = column * cell - scrolled;
    if (cell >= 22) {
      pen.fillStyle = column === at.column ? palette.ink : palette.muted;
      pen.fillText(clip(pen, grid.columnLabels[column] ?? '', cell - 6), x + 4, 16);
    }
    for (let row = 0; row < grid.rowLabels.length; row++) drawCell(pen, grid, row, column, x, view);
  }
  pen.strokeStyle = palette.accent;
  pen.lineWidth = 2;
  pen.strokeRect(
    at.column * cell - scrolled + 1,
    headerHeight + at.row * rowHeight + 1,
    cell - 3,
    rowHeight - 3,
  );
}

/** The whole grid in a strip: a few pixels a row, cells as wide as there is room. */
export function drawOverview(
  pen: Pen,
  grid: Grid,
  { width, height, palette }: { width: number; height: number; palette: Palette },
): void {
  const columns = grid.columnLabels.length;
  const rows = grid.rowLabels.length;
  const [wide, tall] = [width / columns, height / rows];
  for (let column = 0; column < columns; column++)
    for (let row = 0; row < rows; row++) {
      const value = Math.max(-1, Math.min(1, grid.value(row, column)));
      pen.globalAlpha = Math.abs(value);
      pen.fillStyle = value < 0 ? palette.cool : palette.tint;
      pen.fillRect(column * wide, row * tall, Math.max(wide, 0.75), tall);
    }
  pen.globalAlpha = 1;
}
