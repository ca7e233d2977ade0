import { useDeferredValue, useMemo } from 'react';
import { formatCount, formatProbability, showToken } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { TextToken } from '../state/document.ts';
import { type NextDistribution, type NextRow, nextDistribution } from '../state/next-distribution.ts';
import type { PageState } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { Bar } from './bar.tsx';
import { Curve } from './curve.tsx';
import { Icon } from './icon.tsx';
import { LiveOdds } from './live-odds.tsx';
import { OddsTable } from './odds-table.tsx';

const words = messages.next;

const shown = 10;

/** How many tokens each step left: only the steps that removed some. */
function Ledger({ steps, greedy }: { steps: NextDistribution['steps']; greedy: boolean }) {
  const cuts = steps.filter((step, i) => i === 0 || step.kept !== steps[i - 1]?.kept);
  return (
    <p className="ledger">
      {cuts.map(({ step, kept }, i) => (
        <span key={step}>
          {i > 0 && <span aria-hidden="true"> → </span>}
          {i > 0 && (
            <span className="muted">
              {greedy && step === 'temperature' ? words.greedy : words.steps[step]}:{' '}
            </span>
          )}
          <span className="figure-number">
            {i === 0 ? words.tokens(formatCount(kept)) : words.left(formatCount(kept))}
          </span>
        </span>
      ))}
      {cuts.length === 1 && <span className="muted">, {words.nothingRemoved}</span>}
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
  const removed = row.after === 0;
  return (
    <tr data-cut={removed || undefined}>
      <th scope="row">
        <bdi className="token-text">{showToken(text)}</bdi>
      </th>
      <td className="bar-cell">
        <Bar share={row.after / most} before={row.before / most} />
      </td>
      <td className="choice-number">{formatProbability(row.before)}</td>
      <td className="choice-number">{removed ? words.removed : formatProbability(row.after)}</td>
      <td>
        <button type="button" className="quiet tiny" aria-label={words.ban(showToken(text))} onClick={onBan}>
          <Icon name="close" />
        </button>
      </td>
    </tr>
  );
}

function Table({ distribution }: { distribution: NextDistribution }) {
  const actions = useActions();
  const tokenText = usePageState((state) => state.model?.tokenText);
  const bias = usePageState((state) => state.settings.logitBias);
  const most = Math.max(...distribution.rows.map((row) => Math.max(row.before, row.after)), 1e-9);
  return (
    <OddsTable
      caption={words.caption}
      more={
        <>
          <th scope="col" className="choice-number">
            {words.after}
          </th>
          <td />
        </>
      }
    >
      {distribution.rows.map((row) => (
        <Row
          key={row.id}
          row={row}
          most={most}
          text={tokenText?.(row.id) ?? String(row.id)}
          onBan={() => actions.set({ logitBias: { ...bias, [row.id]: -100 } })}
        />
      ))}
    </OddsTable>
  );
}

/** The token whose stored alternatives are shown in place of a distribution: the last one while more are written. */
function standIn(state: PageState): TextToken | null {
  const { tokens } = currentVersion(state);
  const writing = state.phase === 'generating' && state.continuations.length === 0;
  const token = writing ? tokens.at(-1) : state.inspected === null ? undefined : tokens[state.inspected];
  return token?.alternatives?.length ? token : null;
}

/** Why there is no distribution to show. */
function whyNone(state: PageState): string {
  if (state.phase === 'generating') return words.whileWriting;
  if (state.phase !== 'ready') return words.beforeModel;
  const { tokens, tail } = currentVersion(state);
  if (tail === '' && tokens.every((token) => token.text === '')) return words.empty;
  if (state.inspected === 0) return words.first;
  const before = state.inspected ?? tokens.length;
  const slides = state.settings.overflow === 'slide';
  return !slides && before > (state.model?.config.nPositions ?? Number.POSITIVE_INFINITY)
    ? words.full
    : words.soon;
}

function titleOf({ phase, inspected }: PageState): string {
  if (inspected !== null) return words.selected;
  return phase === 'generating' ? words.written : words.title;
}

/** The next token's distribution as the model has it and as the sampler leaves it. */
export function NextToken() {
  const next = usePageState((state) => (state.phase === 'generating' ? null : state.next));
  const live = usePageState(standIn);
  const why = usePageState(whyNone);
  const title = usePageState(titleOf);
  const settings = useDeferredValue(usePageState((state) => state.settings));
  const distribution = useMemo(
    () => (next ? nextDistribution(next, settings, shown) : null),
    [next, settings],
  );
  return (
    <section className="next" aria-label={words.label} data-testid="next">
      <h2>{title}</h2>
      {distribution && (
        <>
          <Curve distribution={distribution} />
          <Ledger steps={distribution.steps} greedy={settings.temperature === 0} />
          <Table distribution={distribution} />
        </>
      )}
      {!distribution && live && <LiveOdds token={live} />}
      {!distribution && !live && <p className="muted next-empty">{why}</p>}
    </section>
  );
}
