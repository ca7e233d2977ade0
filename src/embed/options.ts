import type { GenerateOptions, LoadOptions, WeightDtype } from '../engine/index.ts';
import {
  numberAttributes,
  type OptionAttribute,
  optionAttributes,
  pageDefaults,
} from '../generation/index.ts';
import { VitrineError } from '../lib/index.ts';

/** When an embed may start downloading: on click, when visible, or immediately. */
export type Autoload = 'click' | 'visible' | 'now';
export type Theme = 'light' | 'dark' | 'auto';

/** Generation attributes, also passed on in the link to the site. An embed shows one text, so there is no `n`. */
type WritingName = 'model' | 'prompt' | Exclude<OptionAttribute, 'n'> | 'hub';
const isWriting = (name: OptionAttribute): name is Exclude<OptionAttribute, 'n'> => name !== 'n';
const writingNames: readonly WritingName[] = [
  'model',
  'prompt',
  ...optionAttributes.filter(isWriting),
  'hub',
];

/** Attributes of the page's own element alone: whoever writes a frame's address must not choose where a reader's text goes. */
type RemoteName = 'server' | 'allow-remote';
const remoteNames: readonly RemoteName[] = ['server', 'allow-remote'];

/** Every attribute of `<vitrine-demo>`. */
export type AttributeName = FrameName | RemoteName;
/** Attributes that are query names of `embed.html` too. */
type FrameName = WritingName | 'dtype' | 'autoload' | 'theme' | 'inside';
export const frameNames: readonly FrameName[] = [...writingNames, 'dtype', 'autoload', 'theme', 'inside'];
export const attributeNames: readonly AttributeName[] = [...frameNames, ...remoteNames];

/** Options of a generation; the length is always given. */
export type WritingOptions = GenerateOptions & typeof pageDefaults;

/** Reads an attribute; null when absent. */
export type Read = (name: AttributeName) => string | null;

function number(read: Read, name: AttributeName): number | undefined {
  const text = read(name)?.trim();
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw new VitrineError('invalid-argument', `${name} is "${text}"; it must be a number. Correct it.`);
}

/**
 * Generation options from the attributes; `stop` holds one string per line.
 * @throws VitrineError `invalid-argument` naming an attribute that should be a number and is none
 */
export function generateOptions(read: Read): WritingOptions {
  const options: WritingOptions = { ...pageDefaults };
  // Not every server has it: only where it is asked for.
  if (read('server')) options.topK = -1;
  for (const { name, attribute } of numberAttributes) {
    const value = isWriting(attribute) ? number(read, attribute) : undefined;
    if (value !== undefined) options[name] = value;
  }
  const stop = read('stop')?.split('\n').filter(Boolean);
  if (stop?.length) options.stop = stop;
  if (read('eos') === 'false') options.eos = false;
  const overflow = read('overflow');
  if (overflow) options.overflow = overflow as GenerateOptions['overflow'];
  return options;
}

/** How to load a model, or the address of the server that it is on. */
export type EmbedLoadOptions = LoadOptions & { server?: string };

export function isRemoteAllowed(read: Read): boolean {
  return (read('allow-remote') ?? 'false') !== 'false';
}

/**
 * Load options from the attributes; loading rejects unknown values.
 * @throws VitrineError `invalid-argument` for a server without the permission to send text there
 */
export function loadOptions(read: Read): EmbedLoadOptions {
  const server = read('server');
  if (server) {
    if (isRemoteAllowed(read)) return { server };
    throw new VitrineError(
      'invalid-argument',
      `server is ${server}, and text may not leave this page. Add allow-remote to allow it.`,
    );
  }
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
    // A name on a server is no hub id.
    if (value === null || (name === 'model' && read('server'))) continue;
    for (const each of name === 'stop' ? value.split('\n') : [value]) url.searchParams.append(name, each);
  }
  return url.href;
}

/** `maxNewTokens` for `max-new-tokens`. */
export function propertyName(attribute: string): string {
  return attribute.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
