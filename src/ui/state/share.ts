import { defaultSettings, type Settings } from './settings.ts';

/** What a link can carry. Names are those of the embed and of the library, in either spelling. */
export interface LinkState {
  model: string | null;
  prompt: string | null;
  settings: Partial<Settings>;
}

const numbers = {
  'max-new-tokens': 'maxNewTokens',
  temperature: 'temperature',
  'top-k': 'topK',
  'top-p': 'topP',
  'min-p': 'minP',
  'typical-p': 'typicalP',
  'repetition-penalty': 'repetitionPenalty',
  'frequency-penalty': 'frequencyPenalty',
  'presence-penalty': 'presencePenalty',
  'no-repeat-ngram-size': 'noRepeatNgramSize',
  n: 'n',
} as const satisfies Record<string, keyof Settings>;

function either(query: URLSearchParams, kebab: string, camel: string): string | null {
  return query.get(kebab) ?? query.get(camel);
}

function finite(text: string | null): number | null {
  if (text === null || text.trim() === '') return null;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/** Reads a link's query. What it does not understand it leaves alone. */
export function readLink(search: string): LinkState {
  const query = new URLSearchParams(search);
  const settings: Partial<Settings> = {};
  for (const [kebab, camel] of Object.entries(numbers)) {
    const value = finite(either(query, kebab, camel));
    if (value !== null) settings[camel] = value;
  }
  const seed = finite(query.get('seed'));
  if (seed !== null) settings.seed = seed >>> 0;
  const stops = query.getAll('stop');
  if (stops.length > 0) settings.stop = stops.join('\n');
  const overflow = query.get('overflow');
  if (overflow === 'stop' || overflow === 'slide') settings.overflow = overflow;
  if (query.has('eos')) settings.eos = query.get('eos') !== 'false';
  return { model: query.get('model'), prompt: query.get('prompt'), settings };
}

/** `hub=` in the address: a mirror or a hub of one's own, for those who run one. */
export function readHub(search: string): string | null {
  const hub = new URLSearchParams(search).get('hub');
  return hub && /^https?:\/\//.test(hub) ? hub.replace(/\/+$/, '') : null;
}

/**
 * A link to this page that brings back model, revision, prompt, seed and every setting that is not the default.
 * @param base the page's own address; its query and hash are replaced
 */
export function writeLink(
  base: string,
  what: { model: string; revision: string; prompt: string; seed: number | null; settings: Settings },
): string {
  const query = new URLSearchParams();
  const pinned = what.model.includes('/') && !what.model.includes('://') && what.revision;
  query.set('model', pinned ? `${what.model}@${what.revision}` : what.model);
  query.set('prompt', what.prompt);
  if (what.seed !== null) query.set('seed', String(what.seed));
  for (const [kebab, camel] of Object.entries(numbers))
    if (what.settings[camel] !== defaultSettings[camel]) query.set(kebab, String(what.settings[camel]));
  for (const line of what.settings.stop.split('\n')) if (line) query.append('stop', line);
  if (what.settings.overflow !== defaultSettings.overflow) query.set('overflow', what.settings.overflow);
  if (!what.settings.eos) query.set('eos', 'false');
  const url = new URL(base);
  url.search = query.toString();
  url.hash = '';
  return url.toString();
}
