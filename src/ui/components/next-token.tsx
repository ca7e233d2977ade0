import { useDeferredValue, useMemo } from 'react';
import type { StepName } from '../../sampling/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { formatCount, formatProbability, showToken } from '../lib/format.ts';
import { type NextDistribution, type NextRow, nextDistribution } from '../state/next-distribution.ts';
import { Bar } from './bar.tsx';
import { Curve } from './curve.tsx';
import { Icon } from './icon.tsx';

const shown = 10;

const stepWords: Record<StepName, string> = {
  raw: 'all',
  processors: 'penalties',
  temperature: 'temperature',
  topK: 'top-k',
  topP: 'top-p',
  minP: 'min-p',
  typicalP: 'typical',
};

/** How many tokens each step left: only the steps that cut something. */
function Ledger({ steps }: { steps: NextDistribution['steps'] }) {
  const cuts = steps.filter((step, i) => i === 0 || step.kept !== steps[i - 1]?.kept);
  return (
    <p className="ledger">
      {cuts.map(({ step, kept }, i) => (
        <span key={step}>
          {i > 0 && <span aria-hidden="true"> → </span>}
          <span className="muted">{stepWords[step]}</span>{' '}
          <span className="figure-number">{formatCount(kept)}</span>
        </span>
      ))}
      {cuts.length === 1 && <span className="muted">, nothing is cut</span>}
    </p>
  );
}

interface RowProps {
  row: NextRow;
  text: string;
  most: number;
  onBan(): void;
}

function Row({ row, text, most, onBan }: RowProps) {
  const cut = row.after === 0;
  return (
    <tr data-cut={cut || undefined}>
      <th scope="row">
        <bdi className="token-text">{showToken(text)}</bdi>
      </th>
      <td className="bar-cell">
        <Bar share={row.after / most} before={row.before / most} />
      </td>
      <td className="choice-number">{formatProbability(row.before)}</td>
      <td className="choice-number">{cut ? 'cut' : formatProbability(row.after)}</td>
      <td>
        <button
          type="button"
          className="quiet tiny"
          aria-label={`Rule out ${showToken(text)}`}
          onClick={onBan}
        >
          <Icon name="close" />
        </button>
      </td>
    </tr>
  );
}

function Table({ distribution }: { distribution: NextDistribution }) {
  const page = usePage();
  const actions = useActions();
  const model = page.model();
  const most = Math.max(...distribution.rows.map((row) => Math.max(row.before, row.after)), 1e-9);
  const ban = (id: number) => {
    const { logitBias } = page.store.getState().settings;
    actions.set({ logitBias: { ...logitBias, [id]: -100 } });
  };
  return (
    <table className="next-table">
      <caption className="visually-hidden">The likeliest next tokens</caption>
      <thead>
        <tr>
          <th scope="col">Token</th>
          <td />
          <th scope="col" className="choice-number">
            model
          </th>
          <th scope="col" className="choice-number">
            drawn
          </th>
          <td />
        </tr>
      </thead>
      <tbody>
        {distribution.rows.map((row) => (
          <Row
            key={row.id}
            row={row}
            most={most}
            text={model?.decode([row.id]) ?? String(row.id)}
            onBan={() => ban(row.id)}
          />
        ))}
      </tbody>
    </table>
  );
}

/** The next token's distribution as the model has it and as the sampler leaves it. */
export function NextToken() {
  const next = usePageState((state) => state.next);
  const inspected = usePageState((state) => state.inspected !== null);
  const settings = useDeferredValue(usePageState((state) => state.settings));
  const distribution = useMemo(
    () => (next ? nextDistribution(next, settings, shown) : null),
    [next, settings],
  );
  return (
    <section className="next" aria-label="Next token" data-testid="next">
      <h2>{inspected ? 'The token you look at' : 'The next token'}</h2>
      {distribution ? (
        <>
          <Curve distribution={distribution} />
          <Ledger steps={distribution.steps} />
          <Table distribution={distribution} />
        </>
      ) : (
        <p className="muted next-empty">
          Once the text rests, the model’s odds for the next token stand here.
        </p>
      )}
    </section>
  );
}
