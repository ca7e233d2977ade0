import type { TokenAlternative } from '../../engine/index.ts';
import { formatProbability, showToken } from '../../lib/index.ts';
import { surprisal } from '../lib/shade.ts';
import { messages } from '../messages/index.ts';
import type { TextToken } from '../state/document.ts';
import { Bar } from './bar.tsx';
import { OddsTable } from './odds-table.tsx';

const words = messages.next;

interface OddsRowProps {
  choice: TokenAlternative;
  most: number;
  current: boolean;
}

function OddsRow({ choice, most, current }: OddsRowProps) {
  const probability = Math.exp(choice.logprob);
  return (
    <tr data-current={current || undefined}>
      <th scope="row">
        <bdi className="token-text">{showToken(choice.text)}</bdi>
      </th>
      <td className="bar-cell">
        <Bar share={probability / most} />
      </td>
      <td className="choice-number live-number">{formatProbability(probability)}</td>
    </tr>
  );
}

/** One written token and what was considered in its place: all that is known without asking the model again. */
export function LiveOdds({ token }: { token: TextToken }) {
  const choices = token.alternatives ?? [];
  const most = Math.max(...choices.map((choice) => Math.exp(choice.logprob)), 1e-9);
  const known = token.logprob !== null && !Number.isNaN(token.logprob);
  return (
    <>
      <p className="curve live-token">
        <bdi className="token-text">{showToken(token.text)}</bdi>
      </p>
      <p className="ledger muted">
        {known &&
          messages.alternatives.figures(
            formatProbability(Math.exp(token.logprob ?? 0)),
            surprisal(token.logprob ?? 0).toFixed(1),
          )}
      </p>
      <OddsTable caption={words.writtenCaption}>
        {choices.map((choice, rank) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: rows are keyed by rank, their tokens change with every step
          <OddsRow key={rank} choice={choice} most={most} current={choice.id === token.id} />
        ))}
      </OddsTable>
    </>
  );
}
