import { VitrineError } from '../../lib/index.ts';
import type { ModelSource } from '../types.ts';

/** The hub when no other is named. */
export const defaultHub = 'https://huggingface.co';

/** Models that come with the page, and the files each is made of. */
export const bundledModels: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'tiny-tales',
    [
      'config.json',
      'generation_config.json',
      'merges.txt',
      'model.safetensors',
      'tokenizer_config.json',
      'vocab.json',
    ],
  ],
]);

/** A model source, taken apart. `id` is what the user sees and what the storage is filed under. */
export type ParsedSource =
  | { kind: 'bundled'; id: string; base: string; paths: readonly string[] }
  | { kind: 'folder'; id: string; base: string; file?: string }
  | { kind: 'hub'; id: string; hub: string; revision: string; file?: string }
  | { kind: 'files'; id: string; files: File[] };

const namePattern = /^[A-Za-z0-9][\w.-]*(\/[\w][\w.-]*)?$/;
const revisionPattern = /^[A-Za-z0-9][\w./-]*$/;

/** A file that is a model by itself, also in a form that is not read, which is then said. */
const weightsName = /\.(bin|pth?|gguf|onnx|h5|msgpack|zip|tar|t?gz)$/;
/** A file of a model that others belong to. */
const partName = /\.(json|safetensors|txt|index|meta|bpe|pkl|data-\d+-of-\d+)$/;

/**
 * Tells bundled names, hub ids (`owner/name@revision`, or a model page's URL), folder URLs and files apart.
 * Throws `invalid-argument` when it is none of them.
 */
export function parseSource(
  source: ModelSource,
  options: { hub?: string; bundledBase?: string } = {},
): ParsedSource {
  if (typeof source !== 'string') return parseFiles(source);
  const text = source.trim();
  const hub = hubBase(options.hub);
  if (/^https?:\/\//i.test(text)) return parseUrl(text, hub);
  if (/^\.{0,2}\//.test(text)) return folder(urlOf(text, pageBase(text)));
  const paths = bundledModels.get(text);
  if (paths) {
    const base = withSlash(urlOf(options.bundledBase ?? 'models/', pageBase(text)).href);
    return { kind: 'bundled', id: text, base: `${base}${text}/`, paths };
  }
  return parseHubId(text, hub);
}

function parseHubId(text: string, hub: string): ParsedSource & { kind: 'hub' } {
  const at = text.indexOf('@');
  const id = at < 0 ? text : text.slice(0, at);
  const revision = at < 0 ? 'main' : text.slice(at + 1);
  if (!namePattern.test(id) || id.includes('..') || !isRevision(revision))
    throw new VitrineError(
      'invalid-argument',
      `"${text}" is not a model: give a hub id such as openai-community/gpt2 or owner/name@revision, the URL of a folder, or files.`,
    );
  return { kind: 'hub', id, hub, revision };
}

function isRevision(text: string): boolean {
  return revisionPattern.test(text) && !text.includes('..') && !text.includes('//');
}

/** A page of the hub, `…/owner/name` or `…/owner/name/tree/revision`, is the model it shows. */
function parseUrl(text: string, hub: string): ParsedSource {
  const url = urlOf(text);
  const page = text.startsWith(`${hub}/`) ? text.slice(hub.length + 1) : undefined;
  const match = page && /^([\w.-]+\/[\w.-]+)(?:\/(?:tree|resolve|blob)\/([^?#]+?))?\/?$/.exec(page);
  if (match) {
    const [, revision = 'main', file = ''] = /^(.+?)\/([^/]+)$/.exec(match[2] ?? '') ?? [];
    if (weightsName.test(file) || partName.test(file))
      return { ...parseHubId(`${match[1]}@${decoded(revision)}`, hub), file: decoded(file) };
    return parseHubId(`${match[1]}@${decoded(match[2] ?? 'main')}`, hub);
  }
  return folder(url);
}

/** Not a URL, or one that carries a password: `invalid-argument`. */
function urlOf(text: string, base?: string): URL {
  let url: URL;
  try {
    url = new URL(text, base);
  } catch (cause) {
    throw new VitrineError('invalid-argument', `"${text}" is not a URL.`, { cause });
  }
  if (url.username || url.password)
    throw new VitrineError('invalid-argument', 'A model URL must not contain a user name or password.');
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new VitrineError('invalid-argument', `"${text}" must be an http or https URL.`);
  return url;
}

/** What is no escape stays as it is, and is then refused as a revision. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The folder of a URL; a URL that names a file of it means the folder, and these weights where there are several. */
function folder(url: URL): ParsedSource {
  url.hash = '';
  const name = /[^/]*$/.exec(url.pathname)?.[0] ?? '';
  const file = weightsName.test(name) ? decoded(name) : undefined;
  if (file || partName.test(name)) url.pathname = url.pathname.replace(/[^/]*$/, '');
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return { kind: 'folder', id: file ? url.href + encodeURIComponent(file) : url.href, base: url.href, file };
}

function parseFiles(files: File[]): ParsedSource {
  if (!Array.isArray(files) || files.length === 0 || !files.every((file) => file instanceof Blob))
    throw new VitrineError(
      'invalid-argument',
      'No files were given: choose config.json, the weights and the tokenizer files of one model.',
    );
  const top = files[0]?.webkitRelativePath?.split('/')[0];
  return { kind: 'files', id: top || 'local files', files };
}

/** The hub's base URL without a slash at its end. */
export function hubBase(hub: string | undefined): string {
  const base = (hub ?? defaultHub).replace(/\/+$/, '');
  if (!/^https?:\/\/[^/]+/.test(base) || /[?#\\\s]/.test(base))
    throw new VitrineError('invalid-argument', `The hub must be an http or https URL, got "${base}".`);
  urlOf(base);
  return base;
}

function pageBase(text: string): string {
  const href = (globalThis as { location?: { href: string } }).location?.href;
  // A worker made from a blob has no base to resolve against.
  if (href && /^https?:/.test(href)) return href;
  if (/^https?:\/\//.test(text)) return text;
  return 'http://localhost/';
}

function withSlash(text: string): string {
  return text.endsWith('/') ? text : `${text}/`;
}
