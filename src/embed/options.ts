import type { GenerateOptions, LoadOptions, WeightDtype } from '../engine/index.ts';

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
  'repetition-penalty': 'repetitionPenalty',
  seed: 'seed',
} as const satisfies Record<string, keyof GenerateOptions>;

export type NumberName = keyof typeof numberNames;
export const numberAttributes = Object.keys(numberNames) as NumberName[];

/** Every attribute of `<vitrine-demo>`; the query names of `embed.html` are the same. */
export const attributeNames = [
  'model',
  'prompt',
  ...numberAttributes,
  'autoload',
  'theme',
  'hub',
  'dtype',
] as const;
export type AttributeName = (typeof attributeNames)[number];

const defaults = { maxNewTokens: 120, temperature: 0.8, topK: 40 };

/** What `attribute` answers with; undefined where it is absent or no number. */
export type Read = (name: AttributeName) => string | null;

function number(read: Read, name: NumberName): number | undefined {
  const text = read(name)?.trim();
  const value = text ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** How to generate, as the attributes say. */
export function generateOptions(read: Read): GenerateOptions {
  const options: GenerateOptions = { ...defaults };
  for (const name of numberAttributes) {
    const value = number(read, name);
    if (value !== undefined) options[numberNames[name]] = value;
  }
  return options;
}

const dtypes: readonly string[] = ['f32', 'f16', 'int8', 'int4'];

/** How to load, as the attributes say. */
export function loadOptions(read: Read): LoadOptions {
  const hub = read('hub');
  const dtype = read('dtype');
  return {
    ...(hub ? { hub } : {}),
    ...(dtype && dtypes.includes(dtype) ? { dtype: dtype as WeightDtype } : {}),
  };
}

export function autoload(read: Read): Autoload {
  const text = read('autoload');
  return text === 'visible' || text === 'now' ? text : 'click';
}

/** `maxNewTokens` for `max-new-tokens`. */
export function propertyName(attribute: string): string {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
