import type { TokenAlternative } from '../../engine/index.ts';
import type { Changes } from './model-changes.ts';
import type { Settings } from './settings.ts';

/** Who put a token where it is: typed, written by the model, or picked among the alternatives. */
export type Origin = 'you' | 'model' | 'chosen';

export interface TextToken {
  id: number;
  text: string;
  origin: Origin;
  /** Natural log of its probability given what is before it; null until known. */
  logprob: number | null;
  /** What the model considered here, best first; null until asked for. */
  alternatives: readonly TokenAlternative[] | null;
}

/** What it takes to write the same run again. */
export interface RunOrigin {
  /** Index of the first token it wrote. */
  from: number;
  seed: number;
  /** How many continuations were written at once, and which of them this is. */
  n: number;
  sequence: number;
  settings: Settings;
  /** What was changed in the model for it; left out where nothing was. */
  changes?: Changes;
}

/** One text: tokens with their ids, and what was typed since and has no ids yet. */
export interface Version {
  id: string;
  tokens: readonly TextToken[];
  tail: string;
  /** The last run that wrote into it. */
  run: RunOrigin | null;
}

let versions = 0;

/** A new version with a text that has no ids yet. */
export function typedVersion(text: string): Version {
  return { id: newVersionId(), tokens: [], tail: text, run: null };
}

/** A new version id, unique among everything restored or made in this page. */
export function newVersionId(): string {
  versions += 1;
  return `v${Date.now().toString(36)}-${versions}`;
}

export function versionText(version: Pick<Version, 'tokens' | 'tail'>): string {
  let text = '';
  for (const token of version.tokens) text += token.text;
  return text + version.tail;
}

/** Start offset of each token in the text, and one more for the end of the last. */
export function tokenOffsets(tokens: readonly TextToken[]): number[] {
  const offsets = [0];
  let at = 0;
  for (const token of tokens) {
    at += token.text.length;
    offsets.push(at);
  }
  return offsets;
}

/** Index of the token that covers a character offset, or -1 past the last. */
export function tokenAt(offsets: readonly number[], offset: number): number {
  const count = offsets.length - 1;
  if (offset < 0 || offset >= (offsets[count] ?? 0)) return -1;
  let low = 0;
  let high = count - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The version after the text was edited by hand. Tokens wholly before the first change stay, except that typed
 * tokens just before it go back to plain text: a run of typed text is always tokenised as one.
 */
export function editText(version: Version, text: string): Version {
  let kept = 0;
  let at = 0;
  for (const token of version.tokens) {
    const end = at + token.text.length;
    if (text.slice(at, end) !== token.text) break;
    at = end;
    kept += 1;
  }
  if (kept === version.tokens.length && text === versionText(version)) return version;
  while (kept > 0) {
    const last = version.tokens[kept - 1];
    if (last?.origin !== 'you') break;
    at -= last.text.length;
    kept -= 1;
  }
  return { ...version, tokens: version.tokens.slice(0, kept), tail: text.slice(at) };
}

/** The tail as tokens: ids as given, texts cut so that they join to exactly the tail. */
export function tokenizeTail(version: Version, ids: readonly number[], texts: readonly string[]): Version {
  if (!version.tail) return version;
  const typed = ids.map((id, i): TextToken => {
    return { id, text: texts[i] ?? '', origin: 'you', logprob: null, alternatives: null };
  });
  const joined = texts.join('');
  const last = typed.at(-1);
  if (joined !== version.tail && last) return version;
  return { ...version, tokens: [...version.tokens, ...typed], tail: '' };
}

/** The text alone, without the ids and odds that a model gave it. */
export function plainVersion(version: Version): Version {
  if (version.tokens.length === 0) return version;
  return { ...version, tokens: [], tail: versionText(version), run: null };
}

/** A new version with another token at `index`, and nothing after it. */
export function branchAt(version: Version, index: number, choice: TokenAlternative): Version {
  const before = version.tokens.slice(0, index);
  const replaced = version.tokens[index];
  const token: TextToken = {
    id: choice.id,
    text: choice.text,
    origin: 'chosen',
    logprob: choice.logprob,
    alternatives: replaced?.alternatives ?? null,
  };
  return { id: newVersionId(), tokens: [...before, token], tail: '', run: null };
}

/** The version up to its last typed or chosen token: where another try begins. */
export function withoutContinuation(version: Version): Version {
  if (version.tail) return version;
  let end = version.tokens.length;
  while (end > 0 && version.tokens[end - 1]?.origin === 'model') end -= 1;
  return { id: newVersionId(), tokens: version.tokens.slice(0, end), tail: '', run: null };
}

/** How many leading tokens two versions share. */
export function sharedPrefix(a: readonly TextToken[], b: readonly TextToken[]): number {
  const most = Math.min(a.length, b.length);
  let i = 0;
  while (i < most && a[i]?.id === b[i]?.id && a[i]?.text === b[i]?.text) i += 1;
  return i;
}
