import type { WeightDtype } from '../../engine/index.ts';
import { messages } from '../messages/index.ts';
import { newVersionId, typedVersion, versionText } from './document.ts';
import { withVersion } from './document-slice.ts';
import { type ExactText, exactVersion, matchesLink } from './exact-link.ts';
import { fittingInside, type LinkedInside } from './inside-link.ts';
import { bundledModel, isBundled, requestFor } from './load-request.ts';
import type { Changes } from './model-changes.ts';
import type { Page } from './page.ts';
import { currentVersion } from './selectors.ts';
import { requestForServer } from './server-model.ts';
import { defaultSettings } from './settings.ts';
import { type LinkState, readLink } from './share.ts';
import type { LoadRequest } from './types.ts';

async function isKept(page: Page, source: string): Promise<boolean> {
  if (isBundled(source)) return true;
  const id = source.split('@')[0];
  const kept = await page.backend.listCached().catch(() => []);
  return kept.some((model) => model.id === id && model.complete);
}

/** The beginning that a link asks for. */
function applyText(page: Page, prompt: string): void {
  const version = typedVersion(prompt);
  page.store.setState((state) => {
    const versions = [...state.versions.filter((other) => versionText(other) !== ''), version];
    return { versions, current: version.id, continuations: [], pending: null };
  });
}

/** A link's settings replace all others, and only for this visit: the same link writes the same text everywhere. */
function applySettings(page: Page, { settings, prompt }: LinkState): void {
  if (Object.keys(settings).length === 0 && prompt === null) return;
  page.store.setState({ settings: { ...defaultSettings, ...settings }, visiting: true });
}

/** Opens Inside as the link has it, once there is a model that says what of it there is. */
function applyInside(page: Page, linked: LinkedInside): void {
  const { store } = page;
  const leave = store.subscribe(({ model, inside }) => {
    if (!model) return;
    leave();
    const { tab, changes: _, ...fields } = fittingInside(linked, model.config);
    store.setState({
      inside: { ...inside, ...fields, ...(tab && { tab }) },
      ...(tab && { tab: 'inside' as const }),
    });
  });
}

/** Writes the text of an exact link: the ids as they are, then the run after them. */
async function writeExactly(page: Page, exact: ExactText, changes: Changes | null): Promise<void> {
  const { store, actions } = page;
  const { model, settings } = store.getState();
  if (!model) return;
  const decoder = { vocabSize: model.config.vocabSize, decode: page.decode };
  const version = exactVersion(newVersionId(), exact, settings, decoder);
  if (!version) return actions.write();
  if (version.run && changes) version.run = { ...version.run, changes };
  const { current } = store.getState();
  store.setState((state) => ({
    versions: withVersion(
      state.versions.filter(({ id }) => id !== current),
      version,
    ),
    current: version.id,
  }));
  if (!version.run) return;
  await actions.resumeRun({ origin: version.run, version: version.id });
  const sequence = exact.run?.sequence;
  if (version.run.n > 1 && typeof sequence === 'number') actions.keepContinuation(sequence);
  tellDifference(page, exact);
}

/** Says where the text did not come out as the sender's. */
function tellDifference(page: Page, exact: ExactText): void {
  const state = page.store.getState();
  if (state.run?.finishReason === 'aborted' || state.error || state.continuations.length > 0) return;
  if (matchesLink(currentVersion(state), exact)) return;
  const other = state.model?.revision !== exact.revision || state.model?.dtype !== exact.dtype;
  page.store.setState({ notice: other ? messages.link.otherWeights : messages.link.otherDevice });
}

async function begin(page: Page, link: LinkState): Promise<void> {
  if (link.exact) await writeExactly(page, link.exact, link.inside?.changes ?? null);
  else await page.actions.write();
}

/** Follows a link's text once its model is there, whoever asks for it. */
function followLater(page: Page, request: LoadRequest, exact: ExactText, changes: Changes | null): void {
  const leave = page.store.subscribe((state) => {
    if (state.request?.source !== request.source && state.request !== null) leave();
    if (state.phase !== 'ready') return;
    leave();
    void writeExactly(page, exact, changes);
  });
}

function linkedRequest(source: string, exact: ExactText | null): LoadRequest {
  return { ...requestFor(source), dtype: (exact?.dtype || null) as WeightDtype | null };
}

/** What to do about the model of the last visit: its source, or null where only the visitor can open it again. */
function lastSource(page: Page): string | null {
  const { keptModel } = page.store.getState();
  if (!keptModel) return bundledModel;
  return keptModel.kind === 'files' || keptModel.server ? null : (keptModel.source ?? bundledModel);
}

/**
 * The model was of files on this device, or on a server, which is asked for nothing before the visitor says so: the page
 * waits for them, and does not put another in their place.
 */
function askForLast(page: Page): void {
  const { keptModel } = page.store.getState();
  const request: LoadRequest = keptModel?.server
    ? requestForServer(keptModel.server)
    : { ...requestFor([]), name: keptModel?.name ?? '' };
  page.store.setState({ phase: 'idle', request });
}

/**
 * Opens the page: what the address asks for, else what was there before, else the bundled model writing at once.
 * A model that would have to be downloaded waits for a click.
 */
export async function start(page: Page): Promise<void> {
  const { store, actions, environment } = page;
  const link = readLink(environment.search, environment.hash);
  await store.persist.rehydrate();
  const restored =
    versionText(currentVersion(store.getState())) !== '' || store.getState().versions.length > 1;
  const followed = restored && environment.linkFollowed();
  const asked = !followed && (link.prompt !== null || link.model !== null || link.exact !== null);
  const first = !asked && !restored;
  if (asked || first) applyText(page, link.prompt ?? messages.firstPrompt);
  if (!followed) applySettings(page, link);
  if (!followed && link.inside) applyInside(page, link.inside);
  environment.followLink();

  const source = asked && link.model !== null ? link.model : lastSource(page);
  if (source === null && !asked) return askForLast(page);
  const request = linkedRequest(source ?? bundledModel, asked ? link.exact : null);
  if (!(await isKept(page, source ?? bundledModel))) {
    store.setState({ phase: 'idle', request });
    if (asked && link.exact) followLater(page, request, link.exact, link.inside?.changes ?? null);
    return;
  }
  const { pending } = store.getState();
  if (!(await actions.load(request))) return;
  if (asked || first) await begin(page, link);
  else if (pending) await actions.resumeRun(pending);
}
