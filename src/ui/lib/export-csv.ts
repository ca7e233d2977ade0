import type { Score } from '../../engine/index.ts';
import type { PageData } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { surprisal } from './shade.ts';

const columns = ['index', 'id', 'text', 'origin', 'logprob', 'probability', 'bits', 'rank', 'entropy'];

/** A field as RFC 4180 has it: in quotes where it holds a comma, a quote or the end of a line. */
function field(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A table as RFC 4180 has it, with its header. */
export function csvOf(columns: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

const known = (value: number | null | undefined): value is number =>
  value !== null && value !== undefined && !Number.isNaN(value);

/**
 * The tokens of the text, a row each. `logprob` is a natural logarithm, `bits` the surprise; `rank` counts from 1 among
 * all tokens, `entropy` is that of what could have stood there, in bits. What is not known is empty.
 * @param score what the model says of these tokens; null where there is none
 */
export function exportCsv(state: PageData, score: Pick<Score, 'ranks' | 'entropies'> | null): string {
  const rows = currentVersion(state).tokens.map(({ id, text, origin, logprob }, index) => {
    const odds = known(logprob) ? [logprob, Math.exp(logprob), surprisal(logprob)] : ['', '', ''];
    const rank = score?.ranks[index];
    const entropy = score?.entropies[index];
    const place = [known(rank) ? rank : '', known(entropy) ? entropy / Math.LN2 : ''];
    return [index, id, text, origin, ...odds, ...place];
  });
  return csvOf(columns, rows);
}
