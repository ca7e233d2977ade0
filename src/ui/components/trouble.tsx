import type { Page } from '../state/page.ts';
import { applyRemedy } from '../state/remedies.ts';
import { remedyLabels, troubleOf } from '../state/troubles.ts';
import type { PageError } from '../state/types.ts';
import { BrowserAdvice } from './browser-advice.tsx';

/** One page state per error code: what happened, and what to do next as buttons. */
export function Trouble({ error, page }: { error: PageError; page: Page }) {
  const { title, remedies: all } = troubleOf(error.code);
  const remedies = all.filter((remedy) => remedy !== 'smaller' || error.dtype !== null);
  return (
    <section className="notice trouble" role="alert" data-testid="error" data-code={error.code ?? 'unknown'}>
      <h2>{title}</h2>
      <p dir="auto">{error.message}</p>
      {error.code === 'webgpu-unavailable' && <BrowserAdvice />}
      <div className="row">
        {remedies.map((remedy, i) => (
          <button
            key={remedy}
            type="button"
            className={i === 0 ? 'primary' : undefined}
            onClick={() => applyRemedy(page, remedy)}
          >
            {remedy === 'smaller' && error.dtype
              ? `Load with smaller weights (${error.dtype})`
              : remedyLabels[remedy]}
          </button>
        ))}
        <button type="button" className="quiet" onClick={() => page.actions.fail(null)}>
          Dismiss
        </button>
      </div>
    </section>
  );
}
