/** A token that is found in the text as a whole, before the text is cut into words. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Not part of the text proper: end-of-text, padding. */
  readonly special: boolean;
  /** Takes the white space before it along. */
  readonly lstrip: boolean;
  /** Takes the white space after it along. */
  readonly rstrip: boolean;
  /** Is looked for after the tokens that are not normalized; there is no normalizer otherwise. */
  readonly normalized: boolean;
  /** Is found only where no word character touches it. */
  readonly singleWord: boolean;
}

/** A stretch of text, or the token found there. */
export type Section = string | AddedToken;

interface Node {
  token: AddedToken | undefined;
  readonly next: Map<number, Node>;
}

const wordAtEnd = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]$/u;
const wordAtStart = /^[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;
const whiteSpace = /\p{White_Space}/u;

function buildTrie(tokens: readonly AddedToken[]): Node {
  const root: Node = { token: undefined, next: new Map() };
  for (const token of tokens) {
    let node = root;
    for (let i = 0; i < token.content.length; i++) {
      const code = token.content.charCodeAt(i);
      let child = node.next.get(code);
      if (!child) {
        child = { token: undefined, next: new Map() };
        node.next.set(code, child);
      }
      node = child;
    }
    node.token = token;
  }
  return root;
}

/** The longest token that begins at `start`. */
function longestAt(trie: Node, text: string, start: number): AddedToken | undefined {
  let found: AddedToken | undefined;
  let node = trie.next.get(text.charCodeAt(start));
  for (let i = start + 1; node; i++) {
    if (node.token) found = node.token;
    node = i < text.length ? node.next.get(text.charCodeAt(i)) : undefined;
  }
  return found;
}

function standsAlone(text: string, start: number, end: number): boolean {
  // Two code units are enough for the code point that touches the token.
  return (
    !wordAtEnd.test(text.slice(Math.max(0, start - 2), start)) && !wordAtStart.test(text.slice(end, end + 2))
  );
}

function splitSection(text: string, trie: Node): Section[] {
  const sections: Section[] = [];
  let done = 0;
  for (let i = 0; i < text.length; ) {
    const token = longestAt(trie, text, i);
    if (!token) {
      i++;
      continue;
    }
    let start = i;
    i += token.content.length;
    if (token.singleWord && !standsAlone(text, start, i)) continue;
    if (token.lstrip) while (start > done && whiteSpace.test(text[start - 1]!)) start--;
    // White space taken along is not searched again: every character is encoded once.
    if (token.rstrip) while (i < text.length && whiteSpace.test(text[i]!)) i++;
    if (start > done) sections.push(text.slice(done, start));
    sections.push(token);
    done = i;
  }
  if (done < text.length) sections.push(text.slice(done));
  return sections;
}

/**
 * Makes the function that takes the added tokens out of a text: leftmost first, then longest, those that are not
 * normalized before those that are. Never throws; linear in the text times the longest token.
 */
export function createSplitter(tokens: readonly AddedToken[]): (text: string) => Section[] {
  const usable = tokens.filter((token) => token.content !== '');
  const tries = [usable.filter((t) => !t.normalized), usable.filter((t) => t.normalized)]
    .filter((group) => group.length > 0)
    .map(buildTrie);
  return (text) => {
    let sections: Section[] = text === '' ? [] : [text];
    for (const trie of tries)
      sections = sections.flatMap((section) =>
        typeof section === 'string' ? splitSection(section, trie) : section,
      );
    return sections;
  };
}
