import { VitrineError } from '../lib/index.ts';
import {
  choice,
  everything,
  normalise,
  type Range,
  repeat,
  type Syntax,
  sequence,
  set,
  subtract,
} from './syntax.ts';

const digits: Range[] = [[0x30, 0x39]];
const word: Range[] = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]];
const space: Range[] = [
  ...([
    [0x09, 0x0d],
    [0x20, 0x20],
    [0xa0, 0xa0],
    [0x1680, 0x1680],
    [0x2000, 0x200a],
  ] as Range[]),
  ...([
    [0x2028, 0x2029],
    [0x202f, 0x202f],
    [0x205f, 0x205f],
    [0x3000, 0x3000],
    [0xfeff, 0xfeff],
  ] as Range[]),
];
const lineEnds: Range[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const classes: Record<string, readonly Range[]> = {
  d: digits,
  w: word,
  s: space,
  D: subtract(everything, digits),
  W: subtract(everything, word),
  S: subtract(everything, space),
};
const controls: Record<string, number> = { n: 10, r: 13, t: 9, v: 11, f: 12, 0: 0 };
const punctuation = '^$\\.*+?()[]{}|/-';

/** Most times a part may be repeated. */
export const mostRepeats = 1000;
const deepestGroup = 100;

export interface ParsedRegex {
  syntax: Syntax;
  /** Whether it begins with `^`, and ends with `$`. */
  anchored: { start: boolean; end: boolean };
}

/**
 * Parses JavaScript's syntax of regular expressions under the flag `u`, without what no finite automaton knows (references
 * back, assertions) and without properties of characters.
 * @throws VitrineError `invalid-argument` with the place
 */
export function parseRegex(source: string): ParsedRegex {
  return new Parser(source).parse();
}

class Parser {
  private readonly characters: string[];
  private at = 0;
  private depth = 0;

  constructor(private readonly source: string) {
    this.characters = [...source];
  }

  parse(): ParsedRegex {
    const start = this.take('^');
    const last = this.characters.length - 1;
    const end = this.characters[last] === '$' && !this.isEscaped(last);
    if (end) this.characters.pop();
    const first = this.terms();
    const alone = this.next !== '|';
    const syntax = alone ? first : choice(first, ...this.others());
    if (this.at < this.characters.length) throw this.refusal('a ) without a (');
    // Anchors belong to one alternative each, and that is not what is meant.
    if ((start || end) && !alone) throw this.refusal('^ or $ beside |: put the alternatives into a group');
    return { syntax, anchored: { start, end } };
  }

  private isEscaped(index: number): boolean {
    let slashes = 0;
    while (this.characters[index - 1 - slashes] === '\\') slashes++;
    return slashes % 2 === 1;
  }

  private get next(): string | undefined {
    return this.characters[this.at];
  }

  private take(character: string): boolean {
    if (this.next !== character) return false;
    this.at++;
    return true;
  }

  private refusal(what: string): VitrineError {
    return new VitrineError(
      'invalid-argument',
      `The regular expression ${JSON.stringify(this.source)} has ${what}, at character ${this.at + 1}. See the docs for what is understood.`,
    );
  }

  private alternatives(): Syntax {
    const first = this.terms();
    return this.next === '|' ? choice(first, ...this.others()) : first;
  }

  private others(): Syntax[] {
    const all: Syntax[] = [];
    while (this.take('|')) all.push(this.terms());
    return all;
  }

  private terms(): Syntax {
    const all: Syntax[] = [];
    while (this.next !== undefined && this.next !== '|' && this.next !== ')') all.push(this.term());
    return all.length === 1 ? (all[0] as Syntax) : sequence(...all);
  }

  private term(): Syntax {
    let part = this.atom();
    const bounds = this.quantifier();
    if (!bounds) return part;
    part = repeat(part, ...bounds);
    // Lazy or not: the same texts match.
    this.take('?');
    if (this.quantifier()) throw this.refusal('a quantifier after a quantifier');
    return part;
  }

  private quantifier(): [number, number] | undefined {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.take('?')) return [0, 1];
    if (!this.take('{')) return undefined;
    const min = this.number();
    if (min === undefined) throw this.refusal('a { that begins no quantifier; write \\{');
    const max = this.take(',') ? (this.number() ?? Number.POSITIVE_INFINITY) : min;
    if (!this.take('}')) throw this.refusal('a quantifier without }');
    if (max < min) throw this.refusal('a quantifier whose end is below its beginning');
    if (min > mostRepeats || (max > mostRepeats && max !== Number.POSITIVE_INFINITY))
      throw this.refusal(`a quantifier above ${mostRepeats}`);
    return [min, max];
  }

  private number(): number | undefined {
    let text = '';
    while (/^[0-9]$/.test(this.next ?? '')) text += this.characters[this.at++];
    return text === '' ? undefined : Number(text);
  }

  private atom(): Syntax {
    const character = this.next as string;
    if (character === '^' || character === '$') throw this.refusal('^ or $ within it');
    if ('*+?{'.includes(character)) throw this.refusal('a quantifier that follows nothing');
    if (character === ']' || character === '}')
      throw this.refusal(`a lone ${character}; write \\${character}`);
    this.at++;
    if (character === '(') return this.group();
    if (character === '[') return this.characterClass();
    if (character === '.') return set(...subtract(everything, lineEnds));
    if (character === '\\') return set(...this.escape(false));
    const code = this.code(character);
    return set([code, code]);
  }

  private code(character: string): number {
    const code = character.codePointAt(0) as number;
    if (code >= 0xd800 && code <= 0xdfff) throw this.refusal('half a character');
    return code;
  }

  private group(): Syntax {
    if (this.take('?') && !this.take(':')) {
      const named = this.take('<') && this.next !== '=' && this.next !== '!';
      if (!named) throw this.refusal('a lookaround or flags');
      while (this.next !== undefined && !this.take('>')) this.at++;
    }
    if (++this.depth > deepestGroup) throw this.refusal(`groups more than ${deepestGroup} deep`);
    const inner = this.alternatives();
    if (!this.take(')')) throw this.refusal('a ( without a )');
    this.depth--;
    return inner;
  }

  private escape(inClass: boolean): readonly Range[] {
    const character = this.characters[this.at++];
    if (character === undefined) throw this.refusal('a \\ at its end');
    const known = classes[character];
    if (known) return known;
    if (inClass && character === 'b') return [[8, 8]];
    const control = controls[character];
    if (control !== undefined && !(character === '0' && /^[0-9]$/.test(this.next ?? '')))
      return [[control, control]];
    if (character === 'x') return this.hexadecimal(2);
    if (character === 'u') return this.unicode();
    if (!punctuation.includes(character)) throw this.refusal(`the escape \\${character}`);
    const code = this.code(character);
    return [[code, code]];
  }

  private unicode(): readonly Range[] {
    if (!this.take('{')) return this.hexadecimal(4);
    const close = this.characters.indexOf('}', this.at);
    if (close < 0) throw this.refusal('a \\u{ without }');
    const found = this.hexadecimal(close - this.at);
    this.at++;
    return found;
  }

  private hexadecimal(length: number): readonly Range[] {
    const text = this.characters.slice(this.at, this.at + length).join('');
    const code = /^[0-9a-fA-F]{1,6}$/.test(text) ? Number.parseInt(text, 16) : Number.NaN;
    const whole = text.length === length && code <= 0x10ffff;
    if (!whole || (code >= 0xd800 && code <= 0xdfff)) throw this.refusal('an escape that is no character');
    this.at += length;
    return [[code, code]];
  }

  private characterClass(): Syntax {
    const negated = this.take('^');
    const ranges: Range[] = [];
    while (!this.take(']')) {
      if (this.next === undefined) throw this.refusal('a [ without a ]');
      const first = this.classMember();
      const dash = this.next === '-' && this.characters[this.at + 1] !== ']';
      if (!dash) {
        ranges.push(...first);
        continue;
      }
      this.at++;
      if (this.next === undefined) throw this.refusal('a [ without a ]');
      ranges.push(this.between(first, this.classMember()));
    }
    const chosen = negated ? subtract(everything, ranges) : normalise(ranges);
    return set(...subtract(chosen, [[0xd800, 0xdfff]]));
  }

  private classMember(): readonly Range[] {
    if (this.take('\\')) return this.escape(true);
    const code = this.code(this.characters[this.at++] as string);
    return [[code, code]];
  }

  private between(first: readonly Range[], last: readonly Range[]): Range {
    const [[from, alone] = [0, -1]] = first;
    const [[to, end] = [0, -1]] = last;
    if (first.length !== 1 || last.length !== 1 || from !== alone || to !== end || to < from)
      throw this.refusal('a range in [ ] that is none');
    return [from, to];
  }
}
