import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type RefObject,
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

/** Draws the part of a grid that is in view; `cellUnder` finds the cell of a pointer. */
function useDrawing(grid: Grid, at: Cell, width: number) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const [scrolled, setScrolled] = useState(0);
  const columns = grid.columnLabels.length;
  const cell = Math.max(grid.minCell, Math.min(grid.maxCell, width / Math.max(1, columns)));
  const seen = Math.min(width, columns * cell);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useLayoutEffect(() => {
    const pen = canvas.current && prepareCanvas(canvas.current, seen, gridHeight(grid));
    if (pen && canvas.current)
      drawCells(pen, grid, { cell, scrolled, seen, at, palette: paletteOf(canvas.current) });
  }, [grid, cell, seen, scrolled, at.row, at.column, theme]);
  const cellUnder = (event: PointerEvent | MouseEvent): Cell | null => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return null;
    const column = Math.floor((event.clientX - box.left + scrolled) / cell);
    const row = Math.floor((event.clientY - box.top - headerHeight) / rowHeight);
    const inside = column >= 0 && column < columns && row < grid.rowLabels.length;
    return inside ? { row: Math.max(0, row), column } : null;
  };
  return { canvas, cell, scrolled, setScrolled, cellUnder };
}

function RowLabels({ names }: { names: readonly string[] }) {
  return (
    <ol className="heat-rows" aria-hidden="true" style={{ paddingTop: headerHeight }}>
      {names.map((name) => (
        <li key={name} style={{ height: rowHeight }}>
          {name}
        </li>
      ))}
    </ol>
  );
}

interface SurfaceProps extends Omit<HeatMapProps, 'said'> {
  drawing: ReturnType<typeof useDrawing>;
  element: RefObject<HTMLDivElement | null>;
  /** Id of the text that says what is chosen. */
  described: string;
}

/** What scrolls, and takes pointer and keys. */
function Surface({ label, grid, at, drawing, element, described, onHover, onChoose }: SurfaceProps) {
  const { canvas, cell, setScrolled, cellUnder } = drawing;
  const columns = grid.columnLabels.length;
  useEffect(() => {
    if (element.current) scrollTo(element.current, at.column, cell);
  }, [element, at.column, cell]);
  function choose(event: KeyboardEvent | MouseEvent) {
    const keyed = 'key' in event;
    const target = keyed ? arrowTarget(event, at, grid.rowLabels.length, columns) : cellUnder(event);
    if (!target) return;
    if (keyed) event.preventDefault();
    onChoose(target);
  }
  return (
    <div
      ref={element}
      className="heat-scroll"
      role="application"
      aria-label={label}
      aria-describedby={described}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows choose in the map
      tabIndex={0}
      onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
      onKeyDown={choose}
      onPointerMove={(event) => event.pointerType === 'mouse' && onHover?.(cellUnder(event))}
      onPointerLeave={() => onHover?.(null)}
      onClick={choose}
    >
      <div style={{ width: columns * cell, height: gridHeight(grid) }}>
        <canvas ref={canvas} />
      </div>
    </div>
  );
}

/** A grid of shaded cells, drawn where it is in view; arrows, pointer and finger choose a cell. */
export function HeatMap({ said, ...map }: HeatMapProps) {
  const { grid, at, onChoose } = map;
  const { element, width } = useWidth();
  const drawing = useDrawing(grid, at, width);
  const id = useId();
  const { cell, scrolled } = drawing;
  const cut = width > 0 && grid.columnLabels.length * cell > width + 1;
  const view = { from: scrolled / cell, count: width / cell };
  return (
    <div className="heat-map">
      {cut && <Overview grid={grid} at={at} width={width} view={view} onChoose={onChoose} />}
      <RowLabels names={grid.rowLabels} />
      <Surface {...map} drawing={drawing} element={element} described={id} />
      <p id={id} className="visually-hidden" role="status">
        {said}
      </p>
    </div>
  );
}
