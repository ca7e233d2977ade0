import type { RecoveryAction } from '../messages/index.ts';
import { bundledModel, requestFor } from './load-request.ts';
import type { Page } from './page.ts';
import { defaultSettings } from './settings.ts';
import type { LoadRequest } from './types.ts';

function again(page: Page, request: LoadRequest): void {
  const { error, phase } = page.store.getState();
  if (error?.during === 'generate' && phase === 'ready') void page.actions.write();
  else void page.actions.load(request);
}

async function clean(page: Page, request: LoadRequest): Promise<void> {
  if (typeof request.source === 'string') {
    await page.backend.deleteCached(request.source.split('@')[0] ?? request.source).catch(() => {});
  }
  again(page, request);
}

type Apply = (page: Page, request: LoadRequest) => void;

const actions: Record<RecoveryAction, Apply> = {
  retry: again,
  tiny: (page) => void page.actions.load(requestFor(bundledModel)),
  cpu: (page, request) => void page.actions.load({ ...request, backend: 'cpu' }),
  smaller: (page, request) =>
    void page.actions.load({ ...request, dtype: page.store.getState().error?.dtype ?? 'int8' }),
  models: (page) => page.actions.show('models'),
  storage: (page) => page.actions.show('models'),
  token: (page) => page.actions.show('models'),
  clean: (page, request) => void clean(page, request),
  device: (page) => page.actions.show('device'),
  reload: () => location.reload(),
  slide(page) {
    page.actions.set({ overflow: 'slide' });
    void page.actions.write();
  },
  shorten(page) {
    page.actions.undo();
    page.actions.fail(null);
  },
  reset(page) {
    page.actions.set(defaultSettings);
    page.actions.fail(null);
  },
};

/** Does what a button under an error says. */
export function recover(page: Page, action: RecoveryAction): void {
  const { error, request } = page.store.getState();
  actions[action](page, error?.failed ?? request ?? requestFor(bundledModel));
}
