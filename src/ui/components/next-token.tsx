import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { formatCount, formatProbability, showToken } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { TextToken } from '../state/document.ts';
import { type NextDistribution, type NextRow, nextDistribution } from '../state/next-distribution.ts';
import type { NextLogits, PageState } from '../state/page-state.ts';
import { nextAt } from '../state/scoring-slice.ts';
import { currentVersion } from '../state/selectors.ts';
import { Bar } from './bar.tsx';
import { Curve } from './curve.tsx';
import { Icon } from './icon.tsx';
import { LiveOdds } from './live-odds.tsx';
import { OddsTable } from './odds-table.tsx';

const words = messages.next;

const shown = 10;
/** How long a draw stays in sight before the next distribution takes its place. */
const showDrawMs = 1500;

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
  drawn: boolean;
  onBan(): void;
}

function Row({ row, text, most, drawn, onBan }: RowProps) {
  const removed = row.after === 0;
  return (
    <tr data-cut={removed || undefined} data-drawn={drawn || undefined}>
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

function Table({ distribution, drawn }: { distribution: NextDistribution; drawn: number | undefined }) {
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
          drawn={row.id === drawn}
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
  const writing = state.phase === 'generating' && !isStep(state) && state.continuations.length === 0;
  const token = writing ? tokens.at(-1) : state.inspected === null ? undefined : tokens[state.inspected];
  return token?.alternatives?.length ? token : null;
}

/** Why there is no distribution to show. */
function whyNone(state: PageState): string {
  if (state.phase === 'generating') return words.whileWriting;
  if (state.phase !== 'ready') return words.beforeModel;
  if (state.model?.server) return messages.server.unscored;
  const { tokens, tail } = currentVersion(state);
  if (tail === '' && tokens.every((token) => token.text === '')) return words.empty;
  if (state.inspected === 0) return words.first;
  const before = state.inspected ?? tokens.length;
  const slides = state.settings.overflow === 'slide';
  return !slides && before > (state.model?.config.nPositions ?? Number.POSITIVE_INFINITY)
    ? words.full
    : words.soon;
}

function titleOf(state: PageState): string {
  // Until what could stand there is known, the panel shows what could come at the end.
  if (state.inspected !== null && (!state.next || nextAt(state, state.inspected))) return words.selected;
  return state.phase === 'generating' && !isStep(state) ? words.written : words.title;
}

/** True while a single token is drawn. */
function isStep({ phase, run }: PageState): boolean {
  return phase === 'generating' && run?.origin.settings.maxNewTokens === 1;
}

/** The drawn token as long as it is the last of the text, and for a moment what it was drawn from. */
function useDrawn(): { token: TextToken | undefined; from: NextLogits | null } {
  const drawn = usePageState((state) => state.drawn);
  const token = usePageState((state) => {
    const { id, tokens, tail } = currentVersion(state);
    const last = drawn?.version === id && drawn.index === tokens.length - 1 && tail === '';
    return last && state.inspected === null ? tokens.at(-1) : undefined;
  });
  const [over, setOver] = useState(drawn);
  useEffect(() => {
    const timer = setTimeout(() => setOver(drawn), showDrawMs);
    return () => clearTimeout(timer);
  }, [drawn]);
  return { token, from: token && over !== drawn ? (drawn?.from ?? null) : null };
}

function Drawn({ token }: { token: TextToken }) {
  return (
    <p className="drawn" role="status" data-testid="drawn">
      {words.drawn} <bdi className="token-text">{showToken(token.text)}</bdi>
      <span className="muted"> {token.logprob !== null && formatProbability(Math.exp(token.logprob))}</span>
    </p>
  );
}

/** The next token's distribution as the model has it and as the sampler leaves it. */
export function NextToken() {
  const drawn = useDrawn();
  const latest = usePageState((state) =>
    state.phase === 'generating' && !isStep(state) ? null : state.next,
  );
  const next = drawn.from ?? latest;
  const live = usePageState(standIn);
  const why = usePageState(whyNone);
  const title = usePageState(titleOf);
  const settings = useDeferredValue(usePageState((state) => state.settings));
  const also = drawn.from ? drawn.token?.id : undefined;
  const distribution = useMemo(
    () => (next ? nextDistribution(next, settings, shown, also) : null),
    [next, settings, also],
  );
  return (
    <section className="next" aria-label={words.label} data-testid="next">
      <div className="next-head">
        <h2>{drawn.from ? words.drawing : title}</h2>
        {drawn.token && <Drawn token={drawn.token} />}
      </div>
      {distribution && (
        <>
          <Curve distribution={distribution} />
          <Ledger steps={distribution.steps} greedy={settings.temperature === 0} />
          <Table distribution={distribution} drawn={also} />
        </>
      )}
      {!distribution && live && <LiveOdds token={live} />}
      {!distribution && !live && <p className="muted next-empty">{why}</p>}
    </section>
  );
}
