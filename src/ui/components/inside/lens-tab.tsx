import { useMemo, useState } from 'react';
import type { Inspection } from '../../../engine/index.ts';
import { formatProbability, showToken } from '../../../lib/index.ts';
import { useActions, usePageState } from '../../hooks.tsx';
import { type Cell, layerName, lensGrid } from '../../lib/inside/grids.ts';
import { insideMessages } from '../../messages/inside.ts';
import { Bar } from '../bar.tsx';
import { Freshness, Lead } from './freshness.tsx';
import { HeatMap } from './heat-map.tsx';
import { useAnswer } from './use-answer.ts';

const words = insideMessages.lens;

type Lens = NonNullable<Inspection['logitLens']>;

interface BestProps {
  lens: Lens;
  texts: readonly string[];
  at: Cell;
}

/** The five likeliest tokens of one cell. */
function Best({ lens, texts, at }: BestProps) {
  const best = lens[at.row]?.[at.column] ?? [];
  const next = texts[at.column + 1];
  return (
    <div className="lens-best">
      <p className="muted">
        {words.place(layerName(at.row), at.column + 1)}
        <bdi className="token-text">{showToken(texts[at.column] ?? '')}</bdi>
        {next !== undefined && (
          <>
            {'. '}
            {words.next}
            <bdi className="token-text">{showToken(next)}</bdi>
          </>
        )}
      </p>
      <table aria-label={words.table} className="next-table">
        <tbody>
          {best.map(({ id, text, probability }) => (
            <tr key={id} data-current={text === next || undefined}>
              <th scope="row">
                <bdi className="token-text">{showToken(text)}</bdi>
              </th>
              <td className="bar-cell">
                <Bar share={probability} />
              </td>
              <td className="choice-number">{formatProbability(probability)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What each layer would predict at each token. */
export function LensTab() {
  const { setInside } = useActions();
  const asked = useAnswer('view');
  const from = usePageState((state) => state.inside.from);
  const [row, setRow] = useState(Number.POSITIVE_INFINITY);
  const [hovered, setHovered] = useState<Cell | null>(null);
  const { answer } = asked;
  const lens = answer?.value.logitLens;
  const grid = useMemo(
    () => (answer && lens ? lensGrid(lens, answer.ids, answer.texts) : null),
    [answer, lens],
  );
  if (!answer || !lens || !grid) return <Freshness asked={asked} />;
  const last = answer.texts.length - 1;
  const chosen = { row: Math.min(row, lens.length - 1), column: Math.min(from ?? last, last) };
  const shown = hovered && hovered.column <= last ? hovered : chosen;
  const said = (lens[chosen.row]?.[chosen.column] ?? [])
    .map(({ text, probability }) => `${showToken(text)} ${formatProbability(probability)}`)
    .join(', ');
  return (
    <>
      <Lead asked={asked} text={words.explain} />
      <HeatMap
        label={words.map}
        grid={grid}
        at={chosen}
        said={words.place(layerName(chosen.row), chosen.column + 1) + said}
        onHover={setHovered}
        onChoose={(cell) => {
          setRow(cell.row);
          setInside({ from: cell.column === last ? null : cell.column });
        }}
      />
      <Best lens={lens} texts={answer.texts} at={shown} />
    </>
  );
}
