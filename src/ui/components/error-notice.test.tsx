import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { errorCodes, VitrineError } from '../../lib/index.ts';
import { PageProvider } from '../hooks.tsx';
import { recoveryLabels } from '../messages/index.ts';
import { errorView, toPageError } from '../state/error-messages.ts';
import { fakeBackend } from '../state/fake-engine.ts';
import { fakeEnvironment } from '../state/fake-environment.ts';
import { createPage, type Page } from '../state/page.ts';
import { recover } from '../state/recovery-actions.ts';
import type { PageError } from '../state/types.ts';
import { ErrorNotice } from './error-notice.tsx';

function somePage(): Page {
  return createPage(fakeBackend(), fakeEnvironment());
}

const markup = (page: Page, error: PageError) =>
  renderToStaticMarkup(
    <PageProvider page={page}>
      <ErrorNotice error={error} />
    </PageProvider>,
  );

describe('the state of each error', () => {
  it.each(errorCodes)('%s says what happened and offers its next steps as buttons', (code) => {
    const message = `<b>${code}</b> names the thing`;
    const error: PageError = { code, message, during: 'load' };
    const html = markup(somePage(), error);
    const { title, actions } = errorView(error, null);
    expect(actions.length).toBeGreaterThan(0);
    expect(html).toContain(title);
    expect(html).toContain(`&lt;b&gt;${code}&lt;/b&gt; names the thing`);
    for (const action of actions) expect(html).toContain(`>${recoveryLabels[action]}</button>`);
  });

  it('out of memory offers the dtype that takes less, where one does', () => {
    const page = somePage();
    const cause = new VitrineError('out-of-memory', 'no room', { dtype: 'int4' });
    const error = toPageError(cause, 'load');
    if (!error) throw new Error('no error');
    expect(markup(page, error)).toContain('(int4)</button>');
    page.actions.fail(error);
    recover(page, 'smaller');
    expect(page.store.getState()).toMatchObject({ phase: 'loading', request: { dtype: 'int4' } });
    const last = toPageError(new VitrineError('out-of-memory', 'no room'), 'load');
    if (!last) throw new Error('no error');
    expect(markup(page, last)).not.toContain('smaller weights');
  });

  it('does what its buttons say', async () => {
    const page = somePage();
    recover(page, 'slide');
    expect(page.store.getState().settings.overflow).toBe('slide');
    recover(page, 'reset');
    expect(page.store.getState()).toMatchObject({ settings: { overflow: 'stop' }, error: null });
    recover(page, 'token');
    expect(page.store.getState().dialog).toBe('models');
    recover(page, 'cpu');
    expect(page.store.getState()).toMatchObject({ phase: 'loading', request: { backend: 'cpu' } });
  });
});
