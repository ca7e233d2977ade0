import { sharedPrefix, type TextToken, type Version } from './document.ts';

/** A run of text that one or more versions share, and the ways on from it. */
export interface TreeNode {
  /** First and one past the last token index of this run. */
  from: number;
  to: number;
  text: string;
  /** The versions that pass through here, oldest first. */
  versions: string[];
  /** Mean probability of the tokens in the run that have one, or null. */
  meanProbability: number | null;
  children: TreeNode[];
}

function meanProbability(tokens: readonly TextToken[]): number | null {
  const known = tokens.filter((token) => token.logprob !== null);
  if (known.length === 0) return null;
  const sum = known.reduce((total, token) => total + (token.logprob ?? 0), 0);
  return Math.exp(sum / known.length);
}

function groupByNext(versions: readonly Version[], at: number): Version[][] {
  const groups = new Map<string, Version[]>();
  for (const version of versions) {
    const next = version.tokens[at];
    const key = next ? `${next.id}:${next.text}` : `end:${version.tail}`;
    const group = groups.get(key);
    if (group) group.push(version);
    else groups.set(key, [version]);
  }
  return [...groups.values()];
}

function grow(versions: readonly Version[], from: number): TreeNode {
  const first = versions[0];
  const tokens = first?.tokens ?? [];
  let to = tokens.length;
  for (const other of versions) to = Math.min(to, sharedPrefix(tokens, other.tokens));
  const run = tokens.slice(from, to);
  const alone = versions.length === 1;
  const text = run.map((token) => token.text).join('') + (alone ? (first?.tail ?? '') : '');
  const children = alone ? [] : groupByNext(versions, to).map((group) => grow(unique(group), to));
  return {
    from,
    to,
    text,
    versions: versions.map((v) => v.id),
    meanProbability: meanProbability(run),
    children,
  };
}

/** Of versions with the same text only the newest is kept. */
function unique(versions: readonly Version[]): Version[] {
  const last = versions.at(-1);
  const same = versions.every((v) => v.tail === last?.tail && v.tokens.length === last?.tokens.length);
  const identical =
    same && last && versions.every((v) => sharedPrefix(v.tokens, last.tokens) === v.tokens.length);
  return identical ? [last] : [...versions];
}

/** The tree of all versions: runs of shared text, forking where they part. One root per first token. */
export function buildTree(versions: readonly Version[]): TreeNode[] {
  const written = versions.filter((v) => v.tokens.length > 0 || v.tail.trim() !== '');
  return groupByNext(written, 0).map((group) => grow(unique(group), 0));
}
