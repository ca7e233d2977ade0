import { formatProgress, formatRate } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { runEnd } from '../state/context.ts';
import type { PageState } from '../state/types.ts';

const finishWords = {
  length: 'Reached the length asked for',
  stop: 'Stopped at a stop string',
  eos: 'The model ended the text',
  context: 'The context is full',
  aborted: 'Stopped',
} as const;

const phaseWords: Record<string, string> = {
  config: 'Reading the configuration',
  tokenizer: 'Reading the tokenizer',
  header: 'Reading the list of tensors',
  weights: 'Loading weights',
  verify: 'Checking the weights',
  compile: 'Preparing the GPU',
  tune: 'Timing kernels on this device',
  ready: 'Almost there',
};

function loadingText({ progress }: PageState): string {
  if (!progress) return 'Loading';
  const { phase, totalBytes, fromCache } = progress;
  const what = phaseWords[phase] ?? 'Loading';
  if (phase !== 'weights' || totalBytes === 0) return what;
  return `${what}${fromCache ? ' from this device' : ''}: ${formatProgress(progress)}`;
}

/** What the page is doing, in words. */
export function statusText(state: PageState): string {
  switch (state.phase) {
    case 'starting':
      return 'Opening';
    case 'idle':
      return 'No model loaded';
    case 'loading':
      return loadingText(state);
    case 'paused':
      return 'Download paused';
    case 'generating':
      return 'Writing';
    case 'ready': {
      const reason = runEnd(state);
      return reason ? finishWords[reason] : 'Ready';
    }
  }
}

function ContextGauge() {
  const model = usePageState((state) => state.model);
  const tokens = useCurrentVersion().tokens.length;
  if (!model) return null;
  const most = model.config.nPositions;
  return (
    <span className="figure" title={`${tokens} of ${most} tokens of context`}>
      <meter className="gauge" min={0} max={most} value={Math.min(tokens, most)} aria-label="Context used" />
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
          Running on the CPU: {fallback.reason}.{' '}
          <button type="button" className="link" onClick={() => actions.show('device')}>
            Details
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
  const seed = usePageState((state) => state.run?.seed ?? null);
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
        <span className="figure wide-only" title="The seed of the last run">
          seed <span className="figure-number">{seed}</span>
        </span>
      )}
      <ContextGauge />
      <span className="figure speed" data-testid="speed">
        <span className="figure-number steady">{formatRate(rate)}</span> tok/s
      </span>
    </footer>
  );
}
