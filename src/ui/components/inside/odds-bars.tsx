import { useMemo } from 'react';
import { formatProbability, showToken } from '../../../lib/index.ts';
import { usePage, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import { type OddsRow, oddsRows } from '../../state/odds-rows.ts';

const words = insideMessages.odds;
const count = 9;

function Row({ row, text, most, changed }: { row: OddsRow; text: string; most: number; changed: boolean }) {
  const scale = (share: number) => ({ transform: `scaleX(${Math.min(1, share / most)})` });
  return (
    <tr>
      <th scope="row">
        <bdi className="token-text">{showToken(text)}</bdi>
      </th>
      <td className="bar-cell">
        <span className="odds-pair" aria-hidden="true">
          <span className="odds-before" style={scale(row.before)} />
          {changed && <span className="odds-after" style={scale(row.after)} />}
        </span>
      </td>
      <td className="choice-number muted">{formatProbability(row.before)}</td>
      <td className="choice-number">{changed ? formatProbability(row.after) : ''}</td>
    </tr>
  );
}

interface OddsBarsProps {
  /** Logits [V]; the same array twice while nothing is changed. */
  odds: { before: Float32Array; after: Float32Array } | undefined;
}

/** The odds of the next token, as the model is and as changed, side by side. */
export function OddsBars({ odds }: OddsBarsProps) {
  const { decode } = usePage();
  const padded = usePageState((state) => state.model?.card?.paddedRows ?? 0);
  const rows = useMemo(
    () => (odds ? oddsRows(odds.before, odds.after, { count, padded }) : []),
    [odds, padded],
  );
  const changed = odds !== undefined && odds.before !== odds.after;
  const most = Math.max(...rows.flatMap((row) => [row.before, row.after]), 1e-9);
  return (
    <section className="odds" data-testid="odds">
      <h3>{words.title}</h3>
      <table className="next-table">
        <caption className="visually-hidden">{words.caption}</caption>
        <thead>
          <tr>
            <th scope="col">{words.token}</th>
            <td />
            <th scope="col" className="choice-number" data-odds="before">
              {words.before}
            </th>
            <th scope="col" className="choice-number" data-odds="after">
              {words.after}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={row.id} row={row} text={decode([row.id])} most={most} changed={changed} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
