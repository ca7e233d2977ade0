import { useEffect, useRef } from 'react';
import type { Cell, Grid } from '../../lib/inside/grids.ts';
import { insideMessages as words } from '../../messages/inside.ts';
import { drawOverview } from './draw-grid.ts';
import { drawSoon } from './draw-queue.ts';
import { paletteOf, prepareCanvas, useTheme } from './palette.ts';

const height = 42;

interface OverviewProps {
  grid: Grid;
  at: Cell;
  width: number;
  /** Columns that the map shows. */
  view: { from: number; count: number };
  onChoose(cell: Cell): void;
}

/** All columns of a map in one strip. A press leads there; arrows in the map are the keyboard's way. */
export function Overview({ grid, at, width, view, onChoose }: OverviewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const columns = grid.columnLabels.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const { current } = canvas;
    if (!current) return;
    return drawSoon(() => {
      const pen = prepareCanvas(current, width, height);
      if (pen) drawOverview(pen, grid, { width, height, palette: paletteOf(current) });
    });
  }, [grid, width, theme]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrows in the map lead to the same places
    // biome-ignore lint/a11y/useKeyWithClickEvents: likewise
    <div
      className="overview"
      title={words.lens.overview}
      onClick={(event) => {
        const { left } = event.currentTarget.getBoundingClientRect();
        const column = Math.floor(((event.clientX - left) / width) * columns);
        onChoose({ ...at, column: Math.max(0, Math.min(columns - 1, column)) });
      }}
    >
      <canvas ref={canvas} />
      <span
        className="overview-view"
        style={{
          left: `${(100 * view.from) / columns}%`,
          width: `${Math.min(100, (100 * view.count) / columns)}%`,
        }}
      />
    </div>
  );
}
