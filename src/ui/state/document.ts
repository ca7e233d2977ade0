import type { TokenAlternative } from '../../engine/index.ts';

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

/** One text: tokens whose ids are settled, and what was typed since and has no ids yet. */
export interface Version {
  id: string;
  tokens: readonly TextToken[];
  tail: string;
}

let versions = 0;

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
export function settleTail(version: Version, ids: readonly number[], pieces: readonly string[]): Version {
  if (!version.tail) return version;
  const typed = ids.map((id, i): TextToken => {
    return { id, text: pieces[i] ?? '', origin: 'you', logprob: null, alternatives: null };
  });
  const joined = pieces.join('');
  const last = typed.at(-1);
  if (joined !== version.tail && last) return version;
  return { ...version, tokens: [...version.tokens, ...typed], tail: '' };
}

/** The text alone, without the ids and odds that a model gave it. */
export function plainVersion(version: Version): Version {
  return version.tokens.length > 0 ? { ...version, tokens: [], tail: versionText(version) } : version;
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
  return { id: newVersionId(), tokens: [...before, token], tail: '' };
}

/** The version up to its last typed or chosen token: where another take begins. */
export function withoutContinuation(version: Version): Version {
  if (version.tail) return version;
  let end = version.tokens.length;
  while (end > 0 && version.tokens[end - 1]?.origin === 'model') end -= 1;
  return { id: newVersionId(), tokens: version.tokens.slice(0, end), tail: '' };
}

/** How many leading tokens two versions share. */
export function sharedPrefix(a: readonly TextToken[], b: readonly TextToken[]): number {
  const most = Math.min(a.length, b.length);
  let i = 0;
  while (i < most && a[i]?.id === b[i]?.id && a[i]?.text === b[i]?.text) i += 1;
  return i;
}

/** The beginning of a text up to the first written token: what a link asks to be continued. */
export function promptText(version: Pick<Version, 'tokens' | 'tail'>): string {
  const end = version.tokens.findIndex((token) => token.origin === 'model');
  if (end < 0) return versionText(version);
  return versionText({ tokens: version.tokens.slice(0, end), tail: '' });
}
