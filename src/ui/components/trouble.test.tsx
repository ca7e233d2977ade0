import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { errorCodes, VitrineError } from '../../lib/index.ts';
import { fakeBackend } from '../state/fake-engine.ts';
import { createPage, type Page } from '../state/page.ts';
import { applyRemedy } from '../state/remedies.ts';
import { remedyLabels, toPageError, troubleOf } from '../state/troubles.ts';
import { Trouble } from './trouble.tsx';

function somePage(): Page {
  return createPage(fakeBackend(), {
    now: () => 0,
    seed: () => 1,
    hasWebGpu: () => true,
    search: '',
    session: { read: async () => null, write: async () => {} },
  });
}

describe('the state of each error', () => {
  it.each(errorCodes)('%s says what happened and offers its next steps as buttons', (code) => {
    const message = `<b>${code}</b> names the thing`;
    const html = renderToStaticMarkup(
      <Trouble error={{ code, message, during: 'load' }} page={somePage()} />,
    );
    const { title, remedies } = troubleOf(code);
    expect(html).toContain(title);
    expect(html).toContain(`&lt;b&gt;${code}&lt;/b&gt; names the thing`);
    for (const remedy of remedies) expect(html).toContain(`>${remedyLabels[remedy]}</button>`);
  });

  it('out of memory offers the dtype that takes less, where one does', () => {
    const page = somePage();
    const cause = new VitrineError('out-of-memory', 'no room', { dtype: 'int4' });
    const error = toPageError(cause, 'load');
    if (!error) throw new Error('no error');
    expect(renderToStaticMarkup(<Trouble error={error} page={page} />)).toContain('(int4)</button>');
    page.actions.fail(error);
    applyRemedy(page, 'smaller');
    expect(page.store.getState()).toMatchObject({ phase: 'loading', request: { dtype: 'int4' } });
    const last = toPageError(new VitrineError('out-of-memory', 'no room'), 'load');
    if (!last) throw new Error('no error');
    expect(renderToStaticMarkup(<Trouble error={last} page={page} />)).not.toContain('smaller weights');
  });

  it('does what its buttons say', async () => {
    const page = somePage();
    applyRemedy(page, 'slide');
    expect(page.store.getState().settings.overflow).toBe('slide');
    applyRemedy(page, 'reset');
    expect(page.store.getState()).toMatchObject({ settings: { overflow: 'stop' }, error: null });
    applyRemedy(page, 'token');
    expect(page.store.getState().dialog).toBe('models');
    applyRemedy(page, 'cpu');
    expect(page.store.getState()).toMatchObject({ phase: 'loading', request: { backend: 'cpu' } });
  });
});
