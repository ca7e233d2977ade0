import type { PageData } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { surprisal } from './shade.ts';

const columns = ['index', 'id', 'text', 'origin', 'logprob', 'probability', 'bits', 'rank'];

/** A field as RFC 4180 has it: in quotes where it holds a comma, a quote or the end of a line. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table as RFC 4180 has it, with its header. */
export function csvOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/**
 * The tokens of the text, a row each. `logprob` is a natural logarithm. `rank` counts from 1 among the alternatives that
 * are kept with a token, and is empty where the token is not among them; what is not known is empty.
 */
export function exportCsv(state: PageData): string {
  const rows = currentVersion(state).tokens.map(({ id, text, origin, logprob, alternatives }, index) => {
    const known = logprob !== null && !Number.isNaN(logprob);
    const rank = (alternatives ?? []).findIndex((choice) => choice.id === id) + 1;
    const odds = known ? [logprob, Math.exp(logprob), surprisal(logprob)] : ['', '', ''];
    return [index, id, text, origin, ...odds, rank || ''];
  });
  return csvOf(columns, rows);
}
