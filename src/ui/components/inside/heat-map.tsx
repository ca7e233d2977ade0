import {
  type KeyboardEvent,
  type PointerEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Cell, Grid } from '../../lib/inside/grids.ts';
import { drawCells, gridHeight, headerHeight, rowHeight } from './draw-grid.ts';
import { arrowTarget } from './grid-keys.ts';
import { Overview } from './overview.tsx';
import { paletteOf, prepareCanvas, useTheme } from './palette.ts';

interface HeatMapProps {
  label: string;
  grid: Grid;
  /** The cell whose figures are shown. */
  at: Cell;
  /** What the cell at `at` says, for who does not see it. */
  said: string;
  onHover?(cell: Cell | null): void;
  onChoose(cell: Cell): void;
}

/** The width of an element, as it changes. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const observer = new ResizeObserver(() => setWidth(current.clientWidth));
    observer.observe(current);
    setWidth(current.clientWidth);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** Keeps the chosen column in view. */
function scrollTo(box: HTMLElement, column: number, cell: number): void {
  const left = column * cell;
  if (left < box.scrollLeft) box.scrollLeft = left;
  else if (left + cell > box.scrollLeft + box.clientWidth) box.scrollLeft = left + cell - box.clientWidth;
}

/** A grid of shaded cells, drawn where it is in view; arrows, pointer and finger choose a cell. */
export function HeatMap({ label, grid, at, said, onHover, onChoose }: HeatMapProps) {
  const { element, width } = useWidth();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const id = useId();
  const [scrolled, setScrolled] = useState(0);
  const columns = grid.columnLabels.length;
  const rows = grid.rowLabels.length;
  const cell = Math.max(grid.minCell, Math.min(grid.maxCell, width / Math.max(1, columns)));
  const seen = Math.min(width, columns * cell);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useLayoutEffect(() => {
    const pen = canvas.current && prepareCanvas(canvas.current, seen, gridHeight(grid));
    if (pen && canvas.current)
      drawCells(pen, grid, { cell, scrolled, seen, at, palette: paletteOf(canvas.current) });
  }, [grid, cell, seen, scrolled, at.row, at.column, theme]);
  useEffect(() => {
    if (element.current) scrollTo(element.current, at.column, cell);
  }, [element, at.column, cell]);

  const cellUnder = (event: PointerEvent | React.MouseEvent): Cell | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return null;
    const column = Math.floor((event.clientX - box.left + scrolled) / cell);
    const row = Math.floor((event.clientY - box.top - headerHeight) / rowHeight);
    const inside = column >= 0 && column < columns && row < rows;
    return inside ? { row: Math.max(0, row), column } : null;
  };
  function onKeyDown(event: KeyboardEvent) {
    const target = arrowTarget(event, at, rows, columns);
    if (!target) return;
    event.preventDefault();
    onChoose(target);
  }
  return (
    <div className="heat-map">
      {columns * cell > width + 1 && width > 0 && (
        <Overview
          grid={grid}
          at={at}
          width={width}
          view={{ from: scrolled / cell, count: width / cell }}
          onChoose={onChoose}
        />
      )}
      <ol className="heat-rows" aria-hidden="true" style={{ paddingTop: headerHeight }}>
        {grid.rowLabels.map((name) => (
          <li key={name} style={{ height: rowHeight }}>
            {name}
          </li>
        ))}
      </ol>
      <div
        ref={element}
        className="heat-scroll"
        role="application"
        aria-label={label}
        aria-describedby={id}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows choose in the map
        tabIndex={0}
        onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => event.pointerType === 'mouse' && onHover?.(cellUnder(event))}
        onPointerLeave={() => onHover?.(null)}
        onClick={(event) => {
          const cell = cellUnder(event);
          if (cell) onChoose(cell);
        }}
      >
        <div style={{ width: columns * cell, height: gridHeight(grid) }}>
          <canvas ref={canvas} />
        </div>
      </div>
      <p id={id} className="visually-hidden" role="status">
        {said}
      </p>
    </div>
  );
}
