import { useDeferredValue, useMemo } from 'react';
import { formatCount, formatProbability, showToken } from '../../lib/index.ts';
import type { StepName } from '../../sampling/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { currentVersion } from '../state/context.ts';
import type { TextToken } from '../state/document.ts';
import { type NextDistribution, type NextRow, nextDistribution } from '../state/next-distribution.ts';
import type { PageState } from '../state/types.ts';
import { Bar } from './bar.tsx';
import { Curve } from './curve.tsx';
import { Icon } from './icon.tsx';
import { LiveOdds } from './live-odds.tsx';

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

/** The token whose stored alternatives stand in for a distribution: the last one while more are written. */
function standIn(state: PageState): TextToken | null {
  const { tokens } = currentVersion(state);
  const writing = state.phase === 'generating' && state.takes.length === 0;
  const token = writing ? tokens.at(-1) : state.inspected === null ? undefined : tokens[state.inspected];
  return token?.alternatives?.length ? token : null;
}

/** Why there is no distribution to show while nothing is being written. */
function whyNone(state: PageState): 'empty' | 'first' | 'full' | 'soon' {
  const { tokens, tail } = currentVersion(state);
  if (tail === '' && tokens.every((token) => token.text === '')) return 'empty';
  if (state.inspected === 0) return 'first';
  const before = state.inspected ?? tokens.length;
  return before > (state.model?.config.nPositions ?? Number.POSITIVE_INFINITY) ? 'full' : 'soon';
}

const stillWords = {
  empty: 'Write a beginning: its odds stand here.',
  first: 'Nothing is before the first token, so the model had no odds for it.',
  full: 'The text is longer than the model can read at once: beyond its window there are no odds.',
  soon: 'Reading the odds …',
};

/** The next token's distribution as the model has it and as the sampler leaves it. */
export function NextToken() {
  const next = usePageState((state) => state.next);
  const phase = usePageState((state) => state.phase);
  const inspected = usePageState((state) => state.inspected !== null);
  const live = usePageState(standIn);
  const still = usePageState(whyNone);
  const settings = useDeferredValue(usePageState((state) => state.settings));
  const writing = phase === 'generating';
  const distribution = useMemo(
    () => (next && !writing ? nextDistribution(next, settings, shown) : null),
    [next, settings, writing],
  );
  const title = inspected ? 'The token you look at' : writing ? 'The token just written' : 'The next token';
  return (
    <section className="next" aria-label="Next token" data-testid="next">
      <h2>{title}</h2>
      {distribution && (
        <>
          <Curve distribution={distribution} />
          <Ledger steps={distribution.steps} />
          <Table distribution={distribution} />
        </>
      )}
      {!distribution && live && <LiveOdds token={live} />}
      {!distribution && !live && <p className="muted next-empty">{waitingFor[phase] ?? stillWords[still]}</p>}
    </section>
  );
}

const waitingFor: Partial<Record<PageState['phase'], string>> = {
  starting: 'The model’s odds for the next token stand here in a moment.',
  loading: 'Once the model is here, its odds for the next token stand here.',
  paused: 'Once the model is here, its odds for the next token stand here.',
  idle: 'Once a model is loaded, its odds for the next token stand here.',
  generating: 'Once the text rests, the model’s odds for the next token stand here.',
};
