/** Signs for what would not be seen. The other control characters have their own block at U+2400. */
const signs: ReadonlyMap<string, string> = new Map([
  [' ', '␣'],
  ['\n', '↵'],
  ['\t', '⇥'],
  ['\x7f', '␡'],
]);

const unseen = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
const mark = /\p{M}/u;
const dottedCircle = '◌';

/** The length a first byte claims for its character; 0 where no character begins so. */
function claimedLength(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/** The whole character at `start`, or undefined where the bytes are none. */
function characterAt(bytes: Uint8Array, start: number, decoder: TextDecoder): string | undefined {
  const length = claimedLength(bytes[start]!);
  if (length === 0 || start + length > bytes.length) return undefined;
  try {
    return decoder.decode(bytes.subarray(start, start + length));
  } catch {
    return undefined;
  }
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

function visibleCharacter(character: string, afterBase: boolean): string {
  const sign = signs.get(character);
  if (sign !== undefined) return sign;
  const codePoint = character.codePointAt(0)!;
  if (codePoint < 0x20) return String.fromCodePoint(0x2400 + codePoint);
  if (unseen.test(character)) return `⟨U+${hex(codePoint, 4)}⟩`;
  return mark.test(character) && !afterBase ? dottedCircle + character : character;
}

/**
 * A token's bytes as a reader can see them: `␣` for a space, `↵` for a line feed, `⟨U+200D⟩` for characters without a
 * shape, and `⟨F0 9F⟩` for bytes that are part of a character only. For display: it cannot be turned back.
 */
export function visibleText(bytes: Uint8Array): string {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let loose: string[] = [];
  let afterBase = false;
  const flush = (): void => {
    if (loose.length > 0) text += `⟨${loose.join(' ')}⟩`;
    loose = [];
  };
  for (let i = 0; i < bytes.length; ) {
    const character = characterAt(bytes, i, decoder);
    if (character === undefined) {
      loose.push(hex(bytes[i]!, 2));
      afterBase = false;
      i++;
      continue;
    }
    flush();
    text += visibleCharacter(character, afterBase);
    afterBase = !unseen.test(character);
    i += claimedLength(bytes[i]!);
  }
  flush();
  return text;
}
