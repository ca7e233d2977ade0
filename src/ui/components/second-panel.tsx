import { useMemo } from 'react';
import { formatPerplexity, formatProbability, formatProgress, showToken } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { Comparison } from '../state/second-reading.ts';
import { DifferencePlot } from './difference-plot.tsx';
import { SecondSource } from './second-source.tsx';
import { TokenRuns } from './token-layer.tsx';
import { useComparison } from './use-comparison.ts';

const words = messages.second;

function modelName(model: { id: string; dtype: string } | null): string {
  return model ? `${model.id}, ${model.dtype}` : '';
}

/** Both models' mean surprise over the tokens that both read. */
function Totals({ comparison }: { comparison: Comparison }) {
  const first = usePageState((state) => state.model);
  const second = usePageState((state) => state.second.model);
  const rows = [
    { side: 'first', model: first, bits: comparison.first },
    { side: 'second', model: second, bits: comparison.second },
  ];
  return (
    <table className="second-totals">
      <caption className="explain">{words.totals(comparison.count)}</caption>
      <thead>
        <tr>
          <th scope="col">{words.model}</th>
          <th scope="col">{words.bits}</th>
          <th scope="col">{words.perplexity}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ side, model, bits }) => (
          <tr key={side}>
            <th scope="row">
              <span className="side" data-side={side} aria-hidden="true" />
              <bdi>{modelName(model)}</bdi>
            </th>
            <td>{bits.toFixed(2)}</td>
            <td>{formatPerplexity(2 ** bits)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const mostShown = 6;

/** Places of the tokens the two judge most differently, those first; none within half a bit. */
function mostDifferent({ bits }: Comparison): number[] {
  const size = (index: number) => Math.abs(bits[index] ?? 0);
  const places = bits.map((_, index) => index).filter((index) => size(index) >= 0.5);
  return places.sort((a, b) => size(b) - size(a)).slice(0, mostShown);
}

/** One token with the probability that either model gave it; the greater one stands out. */
function DifferenceRow({ index, bits }: { index: number; bits: number }) {
  const token = useCurrentVersion().tokens[index];
  const actions = useActions();
  const first = Math.exp(token?.logprob ?? 0);
  const second = Math.min(1, first * 2 ** bits);
  return (
    <tr>
      <th scope="row">
        <button type="button" className="link" onClick={() => actions.inspect(index)}>
          <bdi className="token-text">{showToken(token?.text ?? '')}</bdi>
        </button>
      </th>
      <td data-more={bits < 0 || undefined}>{formatProbability(first)}</td>
      <td data-more={bits > 0 || undefined}>{formatProbability(second)}</td>
    </tr>
  );
}

function Differences({ comparison }: { comparison: Comparison }) {
  const places = useMemo(() => mostDifferent(comparison), [comparison]);
  if (places.length === 0) return <p className="explain">{words.alike}</p>;
  return (
    <table className="second-differences">
      <caption>{words.most}</caption>
      <thead>
        <tr>
          <th scope="col">{words.token}</th>
          <th scope="col">{words.first}</th>
          <th scope="col">{words.second}</th>
        </tr>
      </thead>
      <tbody>
        {places.map((index) => (
          <DifferenceRow key={index} index={index} bits={comparison.bits[index] ?? 0} />
        ))}
      </tbody>
    </table>
  );
}

function Reading() {
  const comparison = useComparison();
  const { setSecondShading } = useActions();
  const shading = usePageState((state) => state.second.shading);
  const writing = usePageState((state) => state.phase === 'generating');
  if (!comparison) return <p className="explain">{writing ? words.afterWriting : words.waiting}</p>;
  return (
    <>
      <Totals comparison={comparison} />
      <DifferencePlot bits={comparison.bits} />
      <label className="check">
        <input
          type="checkbox"
          checked={shading}
          onChange={(event) => setSecondShading(event.target.checked)}
        />
        {words.shading}
      </label>
      <Differences comparison={comparison} />
    </>
  );
}

/** What the second model wrote on from the same words. */
function Written() {
  const actions = useActions();
  const written = usePageState((state) => state.second.written);
  const idle = usePageState((state) => state.phase === 'ready' && state.second.phase === 'ready');
  const text = written?.tokens.map((token) => token.text).join('') ?? '';
  return (
    <section aria-label={words.writtenLabel}>
      <button type="button" disabled={!idle} onClick={() => void actions.writeBoth()} title={words.bothTitle}>
        {words.both}
      </button>
      {written && (
        <>
          <p className="explain">{words.wroteAfter(written.prompt.slice(-40).trim())}</p>
          <p className="branch-text second-text" dir="auto" data-testid="second-text">
            <TokenRuns tokens={written.tokens} shaded />
          </p>
          {idle && text !== '' && (
            <button type="button" className="link" onClick={() => actions.openText(written.prompt + text)}>
              {words.take}
            </button>
          )}
        </>
      )}
    </section>
  );
}

function Loading() {
  const actions = useActions();
  const { request, progress } = usePageState((state) => state.second);
  const share = progress?.totalBytes ? progress.loadedBytes / progress.totalBytes : null;
  return (
    <>
      <p>{words.loading(request?.name ?? '')}</p>
      <progress aria-label={words.loaded} {...(share === null ? {} : { value: share, max: 1 })} />
      {progress?.totalBytes ? <p className="figure-number">{formatProgress(progress)}</p> : null}
      <button type="button" onClick={actions.closeSecond}>
        {words.cancel}
      </button>
    </>
  );
}

/** A second model beside the first: the same text read by both, and written on by both. */
export function SecondPanel() {
  const actions = useActions();
  const phase = usePageState((state) => state.second.phase);
  const error = usePageState((state) => state.second.error);
  const model = usePageState((state) => state.second.model);
  return (
    <div className="panel" data-testid="second">
      <div className="next-head">
        <h2>{words.title}</h2>
        {model && (
          <button type="button" className="quiet small" onClick={actions.closeSecond}>
            {words.close}
          </button>
        )}
      </div>
      {phase === 'none' && <p className="explain">{words.explain}</p>}
      {error && (
        <p role="alert" className="second-error">
          {error.message}
        </p>
      )}
      {phase === 'none' && <SecondSource />}
      {phase === 'loading' && <Loading />}
      {model && <Reading />}
      {model && <Written />}
    </div>
  );
}
