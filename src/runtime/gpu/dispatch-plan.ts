import { type Bound, type Dispatch, dispatch, type Gpu, type KernelSource } from '../../gpu/index.ts';

export type Grid = readonly [number, number, number];

/** A dispatch before its kernel is compiled. */
export interface Planned {
  source: KernelSource;
  buffers: readonly Bound[];
  /** Workgroups for a pass over this many rows. */
  grid: (rows: number) => Grid;
  /** Multiply-adds a row, where they count. */
  cost?: number;
}

/** A dispatch whose grid depends on the rows of the pass. */
export interface Compiled {
  dispatch: Dispatch;
  grid: (rows: number) => Grid;
  cost: number;
}

/** Compiles all kernels of a plan at once (each distinct one once) and binds their buffers. */
export async function compilePlan(gpu: Gpu, plan: readonly Planned[]): Promise<Compiled[]> {
  const kernels = await Promise.all(plan.map((step) => gpu.kernels.compile(step.source)));
  return plan.map(({ buffers, grid, cost = 0 }, index) => {
    const kernel = kernels[index] as (typeof kernels)[number];
    return { dispatch: dispatch(gpu.device, kernel, buffers, [1, 1, 1]), grid, cost };
  });
}

/** The dispatches of a compiled plan for a pass over `rows`. */
export function forRows(plan: readonly Compiled[], rows: number): Dispatch[] {
  return plan.map((step) => ({ ...step.dispatch, grid: step.grid(rows) }));
}

/** A plan cut into submits of at most `budget` multiply-adds each, at least one dispatch. */
export function* submitsWithin(
  plan: readonly Compiled[],
  rows: number,
  budget: number,
): Generator<Dispatch[]> {
  let first = 0;
  let cost = 0;
  for (const [index, step] of plan.entries()) {
    cost += step.cost * rows;
    if (cost <= budget && index + 1 < plan.length) continue;
    yield forRows(plan.slice(first, index + 1), rows);
    first = index + 1;
    cost = 0;
  }
}
