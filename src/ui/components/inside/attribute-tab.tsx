import { useState } from 'react';
import { showToken } from '../../../lib/index.ts';
import { signed } from '../../lib/inside/grids.ts';
import { insideMessages } from '../../messages/inside.ts';
import { type AttributionRow, attributionRows } from '../../state/attribution-rows.ts';
import { Lead } from './freshness.tsx';
import { PairFields } from './pair-fields.tsx';
import { useAnswer } from './use-answer.ts';

const words = insideMessages.attribute;
const shown = 14;

function PartBar({ row, most }: { row: AttributionRow; most: number }) {
  const share = Math.min(1, Math.abs(row.value) / most) * 50;
  const left = row.value < 0 ? 50 - share : 50;
  return (
    <tr data-kind={row.kind}>
      <th scope="row">{row.name}</th>
      <td className="bar-cell">
        <span className="part-bar" aria-hidden="true" data-sign={row.value < 0 ? 'down' : 'up'}>
          <span style={{ left: `${left}%`, width: `${share}%` }} />
        </span>
      </td>
      <td className="choice-number">{signed(row.value)}</td>
    </tr>
  );
}

/** Which parts of the model speak for a token against another. */
export function AttributeTab() {
  const asked = useAnswer('attribution');
  const [all, setAll] = useState(false);
  const value = asked.answer?.value;
  const rows = value ? attributionRows(value, all ? value.parts.length : shown) : [];
  const most = Math.max(...rows.map((row) => Math.abs(row.value)), 1e-9);
  return (
    <>
      <Lead asked={asked} text={words.explain} />
      <PairFields />
      {value && (
        <section>
          <h3>{words.title(showToken(value.targetText), showToken(value.foilText))}</h3>
          <table aria-label={words.caption} className="next-table part-bars" data-testid="attribution">
            <tbody>
              {rows.map((row) => (
                <PartBar key={row.name} row={row} most={most} />
              ))}
            </tbody>
          </table>
          <div className="row">
            <button type="button" className="small" aria-pressed={all} onClick={() => setAll(!all)}>
              {all ? words.fewer : words.more}
            </button>
          </div>
        </section>
      )}
    </>
  );
}
