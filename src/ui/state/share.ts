import { numberAttributes, pageDefaults } from '../../generation/index.ts';
import { type RunOrigin, type Version, versionText } from './document.ts';
import { type ExactText, exactText, readExact, writeExact } from './exact-link.ts';
import { type LinkedInside, linkedInside, readInside, writeInside } from './inside-link.ts';
import type { PageData } from './page-state.ts';
import { currentVersion, lastRun } from './selectors.ts';
import { defaultSettings, type Settings } from './settings.ts';

/** What a link can carry. Names are those of the embed and of the library, in either spelling. */
export interface LinkState {
  model: string | null;
  prompt: string | null;
  settings: Partial<Settings>;
  /** Token ids and the run that follows them, where the link has these. */
  exact: ExactText | null;
  /** What is looked at inside, and what is changed there. */
  inside: LinkedInside | null;
}

/** The settings that are numbers, by attribute; the seed is stored apart from them. */
const numbers = numberAttributes.flatMap(({ name, attribute }) =>
  name === 'seed' ? [] : [{ name, attribute }],
);

function either(query: URLSearchParams, kebab: string, camel: string): string | null {
  return query.get(kebab) ?? query.get(camel);
}

function finite(text: string | null): number | null {
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** Reads a link. What it does not understand it leaves alone. */
export function readLink(search: string, hash = ''): LinkState {
  const query = new URLSearchParams(search);
  const settings: Partial<Settings> = {};
  for (const { name, attribute } of numbers) {
    const value = finite(either(query, attribute, name));
    if (value !== null) settings[name] = value;
  }
  const seed = finite(query.get('seed'));
  if (seed !== null) settings.seed = seed >>> 0;
  const stops = query.getAll('stop');
  if (stops.length > 0) settings.stop = stops.join('\n');
  const overflow = query.get('overflow');
  if (overflow === 'stop' || overflow === 'slide') settings.overflow = overflow;
  if (query.has('eos')) settings.eos = query.get('eos') !== 'false';
  const exact = readExact(hash);
  if (exact) settings.logitBias = exact.logitBias;
  return {
    model: query.get('model'),
    prompt: query.get('prompt'),
    settings,
    exact,
    inside: readInside(hash),
  };
}

/** `hub=` in the address: a mirror or a hub of one's own, for those who run one. */
export function readHub(search: string): string | null {
  const hub = new URLSearchParams(search).get('hub');
  return hub && /^https?:\/\//.test(hub) ? hub.replace(/\/+$/, '') : null;
}

/** What is shared: a beginning and all that makes the rest of it. */
export interface Shared {
  model: string;
  revision: string;
  prompt: string;
  seed: number | null;
  settings: Settings;
  exact: ExactText | null;
  inside?: LinkedInside;
}

/** The run that wrote what is on screen: the end of the text, or the continuations side by side. */
function shownRun(state: PageData, version: Version): RunOrigin | null {
  const side = state.continuations.length > 0 && state.run?.version === version.id;
  return side ? (state.run?.origin ?? null) : lastRun(version);
}

/** What can be shared; null without a model, or where it is of files that are only on this device, or on a server. */
export function sharedOf(state: PageData): Shared | null {
  const { model, request } = state;
  if (!model || model.server || typeof request?.source !== 'string') return null;
  const version = currentVersion(state);
  const run = shownRun(state, version);
  const before = run ? { tokens: version.tokens.slice(0, run.from), tail: '' } : version;
  return {
    model: model.id,
    revision: model.revision,
    prompt: versionText(before),
    seed: run?.seed ?? state.settings.seed,
    settings: run?.settings ?? state.settings,
    exact: exactText(state, version, run),
    inside: linkedInside(state, run),
  };
}

/** The model by name, at its revision where it came from the hub. */
export function pinnedModel({ model, revision }: Pick<Shared, 'model' | 'revision'>): string {
  const pinned = model.includes('/') && !model.includes('://') && revision;
  return pinned ? `${model}@${revision}` : model;
}

/** Every setting that is not off, by the names that page, element and frame share. */
function queryOf(base: string, what: Shared): URLSearchParams {
  const { prompt, seed, settings } = what;
  const query = new URLSearchParams();
  query.set('model', pinnedModel(what));
  const hub = readHub(new URL(base).search);
  if (hub) query.set('hub', hub);
  query.set('prompt', prompt);
  if (seed !== null) query.set('seed', String(seed));
  for (const { name, attribute } of numbers)
    if (settings[name] !== defaultSettings[name] || name in pageDefaults)
      query.set(attribute, String(settings[name]));
  for (const line of settings.stop.split('\n')) if (line) query.append('stop', line);
  if (settings.overflow !== defaultSettings.overflow) query.set('overflow', settings.overflow);
  if (!settings.eos) query.set('eos', 'false');
  return query;
}

/**
 * A link to this page that brings back model, revision, hub, tokens, seed and settings.
 * @param base the page's own address; its query and hash are replaced
 */
export function writeLink(base: string, what: Shared): string {
  const url = new URL(base);
  url.search = queryOf(base, what).toString();
  const parts = [what.exact && writeExact(what.exact), what.inside && writeInside(what.inside)];
  url.hash = parts.filter(Boolean).join('&');
  return url.toString();
}

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('\n', '&#10;');

/** Colours of the page that holds a frame: a frame cannot see them. `auto` is the reader's own preference. */
export const embedColours = ['light', 'dark', 'auto'] as const;

/** How a demo looks on another page. */
export interface EmbedLook {
  colours: (typeof embedColours)[number];
  /** Choosing a word shows what went on inside. */
  inside: boolean;
}

/** For a page with frames: each is as tall as what it shows. */
export const resizeScript = `<script>addEventListener('message', ({ data, source }) => { for (const frame of document.querySelectorAll('iframe'))
  if (frame.contentWindow === source && data?.vitrine === 1 && data.type === 'height') frame.style.height = data.height + 'px'; });</script>`;

/**
 * The same for a page of the visitor's own, as HTML to paste: the element, and a frame for pages that take no script.
 * The element follows the colours of its page by itself.
 * @param base the page's own address; `embed.js` and `embed.html` are beside it
 */
export function writeEmbed(base: string, what: Shared, look: EmbedLook): { element: string; frame: string } {
  const query = queryOf(base, what);
  // One panel holds one text.
  query.delete('n');
  if (look.inside) query.set('inside', 'true');
  const attributes = [...new Set(query.keys())].map(
    (name) => `\n  ${name}="${escaped(query.getAll(name).join('\n'))}"`,
  );
  const beside = (name: string) => {
    const url = new URL(name, base);
    url.hash = '';
    return url;
  };
  const frame = beside('embed.html');
  if (look.colours !== 'auto') query.set('theme', look.colours);
  frame.search = query.toString();
  return {
    element: `<script type="module" src="${escaped(beside('embed.js').href)}"></script>\n<vitrine-demo${attributes.join('')}></vitrine-demo>`,
    frame: `<iframe src="${escaped(frame.href)}"\n  title="Language model" style="width: 100%; height: 26rem; border: 0"></iframe>`,
  };
}
