import { newVersionId, versionText } from './document.ts';
import { bundledModel, isBundled, requestFor } from './loading.ts';
import type { Page } from './page.ts';
import { fromSession, type Session } from './session.ts';
import { type LinkState, readHub, readLink } from './share.ts';

export const firstPrompt = 'Once upon a time';

async function isKept(page: Page, source: string): Promise<boolean> {
  if (isBundled(source)) return true;
  const id = source.split('@')[0];
  const kept = await page.backend.listCached().catch(() => []);
  return kept.some((model) => model.id === id && model.complete);
}

function applyLink(page: Page, link: LinkState): void {
  const version = { id: newVersionId(), tokens: [], tail: link.prompt ?? firstPrompt };
  page.store.setState((state) => {
    const versions = [...state.versions.filter((other) => versionText(other) !== ''), version];
    return { versions, current: version.id, settings: { ...state.settings, ...link.settings } };
  });
}

function applySession(page: Page, session: Session): void {
  const { versions, current, settings, hub } = session;
  // The same name on another hub may be another model.
  const idsOf = hub === page.hub ? session.idsOf : null;
  page.store.setState({ versions, current, settings, idsOf });
}

/**
 * Opens the page: what the address asks for, else what was there before, else the bundled model writing at once.
 * A model that would have to be downloaded waits for a click.
 */
export async function start(page: Page): Promise<void> {
  const link = readLink(page.around.search);
  const session = fromSession(await page.around.session.read());
  if (session) applySession(page, session);
  const asked = link.prompt !== null || link.model !== null;
  const first = !asked && !session;
  if (asked || first) applyLink(page, link);
  else page.store.setState((state) => ({ settings: { ...state.settings, ...link.settings } }));

  // A hub is only ever the one the address names now: another link's hub must not outlive that link.
  const sameHub = session?.hub === readHub(page.around.search);
  const source = link.model ?? (sameHub ? session?.model : null) ?? bundledModel;
  if (!(await isKept(page, source))) {
    page.store.setState({ phase: 'idle', request: requestFor(source) });
    return;
  }
  const loaded = await page.actions.load(requestFor(source));
  if (loaded && (asked || first)) await page.actions.write();
}
