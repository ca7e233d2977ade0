import type { Binding } from '../../gpu/index.ts';
import state from './state.wgsl?raw';

/** Places in the state buffer, as u32; the WGSL constants of state.wgsl. */
export const stateLayout = {
  headerSize: 8,
  running: 0,
  step: 1,
  columnSize: 8,
  token: 0,
  position: 1,
  done: 2,
  draw: 3,
  sequence: 4,
  chosen: 5,
  contextLength: 6,
} as const;

export function stateBytes(columns: number): number {
  return (stateLayout.headerSize + columns * stateLayout.columnSize) * 4;
}

export const stateWgsl = state;
export const stateBinding: Binding = { name: 'state', type: 'array<u32>', kind: 'read' };
