import type { KeyboardEvent } from 'react';

const steps: Record<string, readonly [number, number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
};

/**
 * Where an arrow, Home or End leads in a grid of `rows` by `columns`; null for other keys. Of a single row, up and down
 * are left to the page.
 */
export function arrowTarget(
  event: KeyboardEvent,
  { row, column }: { row: number; column: number },
  rows: number,
  columns: number,
): { row: number; column: number } | null {
  if (event.key === 'Home') return { row, column: 0 };
  if (event.key === 'End') return { row, column: columns - 1 };
  const step = steps[event.key];
  if (!step || (rows === 1 && step[0] !== 0)) return null;
  const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  return { row: within(row + step[0], rows), column: within(column + step[1], columns) };
}

/** Arrow keys move the focus among the buttons of a grid, which are in reading order. */
export function onGridKey(event: KeyboardEvent<HTMLElement>, rows: number, columns: number): void {
  const cells = [...event.currentTarget.querySelectorAll<HTMLElement>('button[data-cell]')];
  const at = cells.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const target = arrowTarget(event, { row: Math.floor(at / columns), column: at % columns }, rows, columns);
  if (!target) return;
  event.preventDefault();
  cells[target.row * columns + target.column]?.focus();
}
