const unknown = 0;
const letter = 1;
const number = 2;
const space = 3;
const other = 4;

/** The class of every code point met so far: the property tests are slow, the table is not. */
const classes = new Uint8Array(0x110000);

/** JavaScript's `\s` lacks U+0085 and has U+FEFF; Python and Rust mean Unicode's White_Space. */
function classify(codePoint: number): number {
  const character = String.fromCodePoint(codePoint);
  if (/\p{L}/u.test(character)) return letter;
  if (/\p{N}/u.test(character)) return number;
  if (/\p{White_Space}/u.test(character)) return space;
  return other;
}

function classOf(codePoint: number): number {
  const known = classes[codePoint]!;
  if (known !== unknown) return known;
  const found = classify(codePoint);
  classes[codePoint] = found;
  return found;
}

/** The first index at or after `start` whose code point is not of the class. */
function endOfRun(text: string, start: number, kind: number): number {
  let i = start;
  while (i < text.length) {
    const codePoint = text.codePointAt(i)!;
    if (classOf(codePoint) !== kind) break;
    i += codePoint > 0xffff ? 2 : 1;
  }
  return i;
}

/** The end of `'s 't 'm 'd 're 've 'll` at an apostrophe, or 0. Lower case alone, as in GPT-2. */
function endOfContraction(text: string, start: number): number {
  const first = text[start + 1];
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return start + 2;
  const second = text[start + 2];
  if ((first === 'r' || first === 'v') && second === 'e') return start + 3;
  if (first === 'l' && second === 'l') return start + 3;
  return 0;
}

const apostrophe = 0x27;
const blank = 0x20;

/** A run of white space, less its last character where a word follows: that one belongs to the word. */
function endOfSpaces(text: string, start: number): number {
  const end = endOfRun(text, start, space);
  return end === text.length || end === start + 1 ? end : end - 1;
}

/** The end of the word that begins at `start`. */
function endOfWord(text: string, start: number): number {
  const first = text.codePointAt(start)!;
  if (first === apostrophe) {
    const end = endOfContraction(text, start);
    if (end > 0) return end;
  }
  let kind = classOf(first);
  let begin = start;
  if (first === blank && start + 1 < text.length) {
    kind = classOf(text.codePointAt(start + 1)!);
    begin = start + 1;
  }
  return kind === space ? endOfSpaces(text, start) : endOfRun(text, begin, kind);
}

/**
 * Cuts a text into the words that byte-pair merges never cross, as GPT-2's pattern does:
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
 * A scan rather than a pattern: linear and without a stack, however long a run is. The words joined are the text.
 */
export function forEachWord(text: string, visit: (word: string) => void): void {
  let start = 0;
  while (start < text.length) {
    const end = endOfWord(text, start);
    visit(text.slice(start, end));
    start = end;
  }
}
