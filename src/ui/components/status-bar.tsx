import { formatProgress, formatRate } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { PageState } from '../state/page-state.ts';
import { currentVersion, runEnd } from '../state/selectors.ts';

const words = messages.status;

function loadingText({ progress }: PageState): string {
  if (!progress) return words.loading;
  const { phase, totalBytes, fromCache } = progress;
  const what = words.phases[phase] ?? words.loading;
  if (phase !== 'weights' || totalBytes === 0) return what;
  return `${what}${fromCache ? words.fromDevice : ''}: ${formatProgress(progress)}`;
}

/** What the page is doing, in words. */
export function statusText(state: PageState): string {
  if (state.checking) return words.checking;
  if (state.phase === 'loading') return loadingText(state);
  if (state.phase !== 'ready') return words[state.phase];
  const reason = runEnd(state);
  return reason ? words.finish[reason] : words.ready;
}

function ContextGauge() {
  const most = usePageState((state) => state.model?.config.nPositions ?? 0);
  const length = usePageState((state) => currentVersion(state).tokens.length);
  if (most === 0) return null;
  // The last token of a full context is written but never read: the context itself holds no more than this.
  const tokens = Math.min(length, most);
  return (
    <span className="figure" title={words.contextTitle(tokens, most)}>
      <meter className="gauge" min={0} max={most} value={tokens} aria-label={words.context} />
      <span className="figure-number steady">{tokens}</span>
      <span className="muted"> / {most}</span>
    </span>
  );
}

/** What is unusual about this visit, in one line. */
function StatusNotice() {
  const actions = useActions();
  const notice = usePageState((state) => state.notice);
  const fallback = usePageState((state) => state.fallback);
  if (!notice && !fallback) return null;
  return (
    <p className="status-notice" data-testid="notice" role="status">
      {fallback && (
        <>
          {messages.fallback.prefix(fallback.reason)}{' '}
          <button type="button" className="link" onClick={() => actions.show('device')}>
            {messages.fallback.details}
          </button>{' '}
        </>
      )}
      {notice}
    </p>
  );
}

export function StatusBar() {
  const text = usePageState(statusText);
  const rate = usePageState((state) => state.run?.tokensPerSecond ?? 0);
  const seed = usePageState((state) => state.run?.origin.seed ?? null);
  const phase = usePageState((state) => state.phase);
  const loading = phase === 'loading';
  // A running byte count would never stop talking: screen readers hear the phase alone.
  return (
    <footer className="status-bar">
      <span
        className="status"
        data-testid="status"
        data-phase={phase}
        role="status"
        aria-live={loading ? 'off' : 'polite'}
      >
        {text}
      </span>
      <StatusNotice />
      {seed !== null && (
        <span className="figure wide-only" title={words.seedTitle}>
          {words.seed} <span className="figure-number">{seed}</span>
        </span>
      )}
      <ContextGauge />
      <span className="figure speed" data-testid="speed">
        <span className="figure-number steady">{formatRate(rate)}</span> {words.rate}
      </span>
    </footer>
  );
}
