import type { Inspection } from '../../engine/index.ts';
import { formatProbability, showToken } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';
import { Bar } from './bar.tsx';

const words = messages.inside;

interface LogitLensProps {
  lens: NonNullable<Inspection['logitLens']>;
  at: number;
}

/** For one place in the text: the likeliest next token as read after each layer. */
export function LogitLens({ lens, at }: LogitLensProps) {
  return (
    <table className="next-table lens">
      <caption className="visually-hidden">{words.lensCaption}</caption>
      <tbody>
        {lens.map((positions, layer) => {
          const best = positions[at]?.[0];
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its number
            <tr key={layer}>
              <td className="muted">{layer === 0 ? words.input : words.layerRow(layer)}</td>
              <td>
                <bdi className="token-text">{best ? showToken(best.text) : ''}</bdi>
              </td>
              <td className="bar-cell">
                <Bar share={best?.probability ?? 0} />
              </td>
              <td className="choice-number">{best ? formatProbability(best.probability) : ''}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
