import { formatProbability, showToken } from '../../../lib/index.ts';
import { insideMessages as words } from '../../messages/inside.ts';
import { Bar } from '../bar.tsx';

const count = 6;

interface LookedAtProps {
  head: string;
  texts: readonly string[];
  row: Float32Array;
  at: number;
}

/** The tokens that one head looks at most from one token. */
export function LookedAt({ head, texts, row, at }: LookedAtProps) {
  const order = [...row.subarray(0, at + 1).keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
  return (
    <div className="looked-at">
      <p className="muted">
        {words.attention.looks(head)}
        <bdi className="token-text">{showToken(texts[at] ?? '')}</bdi>
        {words.attention.at}
      </p>
      <table className="next-table">
        <tbody>
          {order.slice(0, count).map((index) => (
            <tr key={index}>
              <th scope="row">
                <bdi className="token-text">{showToken(texts[index] ?? '')}</bdi>
              </th>
              <td className="bar-cell">
                <Bar share={row[index] ?? 0} />
              </td>
              <td className="choice-number">{formatProbability(row[index] ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
