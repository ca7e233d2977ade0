import type { PageState } from './page-state.ts';
import { currentVersion } from './selectors.ts';
import { strongestHead } from './strongest-head.ts';

/** The token that is pointed at in the sheet, where a view of these tokens has it at the same place; or null. */
export function inspectedAmong(ids: readonly number[], state: PageState): number | null {
  const { inspected } = state;
  if (inspected === null || inspected >= ids.length) return null;
  const { tokens } = currentVersion(state);
  return ids.every((id, i) => tokens[i]?.id === id) ? inspected : null;
}

/** Strengths of shades for a row of attention, 0 to 5, relative to its largest. */
function shadesOf(row: Float32Array): number[] {
  const most = row.reduce((a, b) => Math.max(a, b), 1e-9);
  return Array.from(row, (weight) => Math.round(5 * Math.sqrt(weight / most)));
}

/**
 * How much the head that Inside shows looks at each token of the sheet from the one that is pointed at there: shades 0 to
 * 5. Null while Inside shows something else, or no token is pointed at.
 */
export function looksOf(state: PageState): readonly number[] | null {
  const { tab, inside } = state;
  const view = inside.answers.view;
  if (tab !== 'inside' || inside.tab !== 'attention' || !view || view.of !== state.model) return null;
  const { attention } = view.value;
  const from = inspectedAmong(view.ids, state);
  if (from === null || !attention) return null;
  const size = view.ids.length;
  const { layer, head } = inside.head ?? strongestHead(attention, size);
  const row = attention[layer]?.[head]?.subarray(from * size, from * size + from + 1);
  return row ? shadesOf(row) : null;
}
