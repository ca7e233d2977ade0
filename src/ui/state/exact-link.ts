import type { WeightDtype } from '../../engine/index.ts';
import { type Origin, type RunOrigin, type TextToken, type Version, versionText } from './document.ts';
import type { PageData } from './page-state.ts';
import type { Settings } from './settings.ts';
import { textPieces } from './token-texts.ts';

/** A text by its token ids, and the run that wrote its end: what brings back the very same tokens elsewhere. */
export interface ExactText {
  /** Token ids before the run, or of the whole text where no run wrote its end. */
  ids: readonly number[];
  origins: readonly Origin[];
  run: { seed: number; n: number; sequence: number | null; count: number } | null;
  logitBias: Record<number, number>;
  revision: string;
  dtype: string;
  /** Checksum of the ids that the run wrote. */
  checksum: string | null;
}

const letters: Record<Origin, string> = { you: 'y', model: 'm', chosen: 'c' };
const origins: Record<string, Origin> = { y: 'you', m: 'model', c: 'chosen' };
const mostTokens = 4096;
const dtypes: readonly string[] = ['f32', 'f16', 'int8', 'int4'] satisfies WeightDtype[];

/** FNV-1a over the ids, as eight hexadecimal digits: enough to tell that two texts differ. */
export function checksumOf(ids: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const id of ids)
    for (let shift = 0; shift < 32; shift += 8) hash = Math.imul(hash ^ ((id >>> shift) & 255), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

const idsOf = (tokens: readonly TextToken[]) => tokens.map((token) => token.id);

/** The text on screen as token ids; null while some of it has none. */
export function exactText(state: PageData, version: Version, run: RunOrigin | null): ExactText | null {
  const { model, continuations } = state;
  if (!model || version.tail !== '' || (version.tokens.length === 0 && !run)) return null;
  const before = version.tokens.slice(0, run?.from);
  const side = continuations.length > 0;
  const written = side ? (continuations[0]?.tokens ?? []) : version.tokens.slice(before.length);
  const count = side ? (run?.settings.maxNewTokens ?? 0) : written.length;
  return {
    ids: idsOf(before),
    origins: before.map((token) => token.origin),
    run: run && { seed: run.seed, n: run.n, sequence: side ? null : run.sequence, count },
    logitBias: (run?.settings ?? state.settings).logitBias,
    revision: model.revision,
    dtype: model.dtype,
    checksum: run ? checksumOf(idsOf(written)) : null,
  };
}

/** `y4m12c1`: four tokens typed, twelve written, one chosen. */
function writeOrigins(all: readonly Origin[]): string {
  let text = '';
  for (let from = 0, to = 0; from < all.length; from = to) {
    while (to < all.length && all[to] === all[from]) to += 1;
    text += `${letters[all[from] ?? 'you']}${to - from}`;
  }
  return text;
}

function readOrigins(text: string, count: number): Origin[] {
  const all: Origin[] = [];
  for (const [, letter = 'y', length] of text.matchAll(/([ymc])(\d{1,5})/g))
    for (let i = 0; i < Number(length) && all.length < count; i++) all.push(origins[letter] ?? 'you');
  while (all.length < count) all.push('you');
  return all;
}

/** The text as the hash of an address, without `#`. */
export function writeExact(exact: ExactText): string {
  const { ids, run, logitBias, revision, dtype, checksum } = exact;
  const hash = new URLSearchParams({ ids: ids.join('.'), by: writeOrigins(exact.origins), revision, dtype });
  if (run) hash.set('run', [run.seed, run.n, run.sequence ?? 'all', run.count].join('.'));
  const bias = Object.entries(logitBias).map(([id, value]) => `${id}:${value}`);
  if (bias.length > 0) hash.set('bias', bias.join(' '));
  if (checksum) hash.set('sum', checksum);
  return hash.toString();
}

const isId = (value: number) => Number.isInteger(value) && value >= 0 && value < 2 ** 31;

function readIds(text: string): number[] | null {
  const ids = text === '' ? [] : text.split('.').map(Number);
  return ids.length <= mostTokens && ids.every(isId) ? ids : null;
}

function readBias(text: string): Record<number, number> {
  const bias: Record<number, number> = {};
  for (const part of text.split(' ').filter(Boolean)) {
    const [id = Number.NaN, value = Number.NaN] = part.split(':').map(Number);
    if (isId(id) && Number.isFinite(value)) bias[id] = Math.max(-100, Math.min(100, value));
  }
  return bias;
}

function readRun(text: string): ExactText['run'] {
  const match = /^(\d{1,10})\.([1-8])\.(all|[0-7])\.(\d{1,4})$/.exec(text);
  if (!match) return null;
  const [, seed, n, sequence, count] = match;
  return {
    seed: Number(seed) >>> 0,
    n: Number(n),
    sequence: sequence === 'all' ? null : Number(sequence),
    count: Number(count),
  };
}

/** Reads the hash of an address; null where it holds no text by ids. */
export function readExact(hash: string): ExactText | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const ids = fields.has('ids') ? readIds(fields.get('ids') ?? '') : null;
  if (!ids) return null;
  const dtype = fields.get('dtype') ?? '';
  return {
    ids,
    origins: readOrigins(fields.get('by') ?? '', ids.length),
    run: readRun(fields.get('run') ?? ''),
    logitBias: readBias(fields.get('bias') ?? ''),
    revision: fields.get('revision') ?? '',
    dtype: dtypes.includes(dtype) ? dtype : '',
    checksum: fields.get('sum'),
  };
}

interface Decoder {
  vocabSize: number;
  decode(ids: number[]): string;
}

/** The version that an exact link describes; null where the ids are not of this model's vocabulary. */
export function exactVersion(
  id: string,
  exact: ExactText,
  settings: Settings,
  { vocabSize, decode }: Decoder,
): Version | null {
  if (exact.ids.some((token) => token >= vocabSize)) return null;
  const texts = textPieces(decode([...exact.ids]), exact.ids, decode);
  const tokens = exact.ids.map((token, i): TextToken => {
    const origin = exact.origins[i] ?? 'you';
    return { id: token, text: texts[i] ?? '', origin, logprob: null, alternatives: null };
  });
  return { id, tokens, tail: '', run: runOf(exact, settings) };
}

function runOf({ ids, run }: ExactText, settings: Settings): RunOrigin | null {
  if (!run) return null;
  const { seed, n, sequence, count } = run;
  const limits = { n, maxNewTokens: Math.max(1, count) };
  return { from: ids.length, seed, n, sequence: sequence ?? 0, settings: { ...settings, ...limits } };
}

/** True where the text of this version came out as the link says, or where the link says nothing of it. */
export function matchesLink(version: Version, exact: ExactText): boolean {
  if (!exact.checksum) return versionText(version) !== '';
  return checksumOf(idsOf(version.tokens.slice(exact.ids.length))) === exact.checksum;
}
