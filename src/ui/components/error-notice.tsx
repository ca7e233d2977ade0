import { useActions, usePage, usePageState } from '../hooks.tsx';
import { messages, recoveryLabels } from '../messages/index.ts';
import { errorView } from '../state/error-messages.ts';
import { recover } from '../state/recovery-actions.ts';
import type { PageError } from '../state/types.ts';
import { BrowserAdvice } from './browser-advice.tsx';

const words = messages.notice;

/** One page state per error code: what happened, and what to do next as buttons. */
export function ErrorNotice({ error }: { error: PageError }) {
  const page = usePage();
  const { fail } = useActions();
  const request = usePageState((state) => state.request);
  const kept = usePageState((state) => (error.modelKept ? (state.request?.name ?? null) : null));
  const { title, text, actions } = errorView(error, request);
  return (
    <section
      className="notice error-notice"
      role="alert"
      data-testid="error"
      data-code={error.code ?? 'unknown'}
    >
      <h2>{title}</h2>
      <p dir="auto">{text}</p>
      {kept && <p className="muted">{words.modelKept(kept)}</p>}
      {error.code === 'webgpu-unavailable' && <BrowserAdvice />}
      <div className="row">
        {actions.map((action, i) => (
          <button
            key={action}
            type="button"
            className={i === 0 ? 'primary' : undefined}
            onClick={() => recover(page, action)}
          >
            {action === 'smaller' && error.dtype ? words.smaller(error.dtype) : recoveryLabels[action]}
          </button>
        ))}
        <button type="button" className="quiet" onClick={() => fail(null)}>
          {words.dismiss}
        </button>
      </div>
    </section>
  );
}
