import type { GenerateOptions, LoadOptions, WeightDtype } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';

/** When an embed may begin to download: at a click, once it is seen, or at once. */
export type Autoload = 'click' | 'visible' | 'now';
export type Theme = 'light' | 'dark' | 'auto';

/** Numbers an embed takes, by attribute and query name. */
const numberNames = {
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
  seed: 'seed',
} as const satisfies Record<string, keyof GenerateOptions>;

type NumberName = keyof typeof numberNames;
const numberAttributes = Object.keys(numberNames) as NumberName[];

/** What the text itself is made by; a link to the site's own page carries these too. */
const writingNames = ['model', 'prompt', ...numberAttributes, 'stop', 'eos', 'overflow', 'hub'] as const;

/** Every attribute of `<vitrine-demo>`; the query names of `embed.html` are the same. */
export const attributeNames = [...writingNames, 'dtype', 'autoload', 'theme'] as const;
export type AttributeName = (typeof attributeNames)[number];

const defaults = { maxNewTokens: 120, temperature: 0.8, topK: 40 };

/** How to generate; how far is always said. */
export type WritingOptions = GenerateOptions & typeof defaults;

/** What `attribute` answers with; null where it is absent. */
export type Read = (name: AttributeName) => string | null;

function number(read: Read, name: NumberName): number | undefined {
  const text = read(name)?.trim();
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new VitrineError('invalid-argument', `${name} is "${text}"; it must be a number. Correct it.`);
}

/**
 * How to generate, as the attributes say; `stop` holds one string a line.
 * @throws VitrineError `invalid-argument` naming an attribute that should be a number and is none
 */
export function generateOptions(read: Read): WritingOptions {
  const options: WritingOptions = { ...defaults };
  for (const name of numberAttributes) {
    const value = number(read, name);
    if (value !== undefined) options[numberNames[name]] = value;
  }
  const stop = read('stop')?.split('\n').filter(Boolean);
  if (stop?.length) options.stop = stop;
  if (read('eos') === 'false') options.eos = false;
  const overflow = read('overflow');
  if (overflow) options.overflow = overflow as GenerateOptions['overflow'];
  return options;
}

/** How to load, as the attributes say; what does not exist is refused by the load. */
export function loadOptions(read: Read): LoadOptions {
  const hub = read('hub');
  const dtype = read('dtype');
  return { ...(hub ? { hub } : {}), ...(dtype ? { dtype: dtype as WeightDtype } : {}) };
}

export function autoload(read: Read): Autoload {
  const text = read('autoload');
  return text === 'visible' || text === 'now' ? text : 'click';
}

/** The same text and settings on the page of the site at `base`. */
export function pageAddress(base: string, prompt: string, read: Read): string {
  const url = new URL('./', base);
  for (const name of writingNames) {
    const value = name === 'prompt' ? prompt : read(name);
    if (value === null) continue;
    for (const each of name === 'stop' ? value.split('\n') : [value]) url.searchParams.append(name, each);
  }
  return url.href;
}

/** `maxNewTokens` for `max-new-tokens`. */
export function propertyName(attribute: string): string {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
