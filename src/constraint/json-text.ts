/** JSON's own texts: strings, numbers and what lies between values. */
import {
  choice,
  empty,
  everything,
  literal,
  optional,
  type Range,
  repeat,
  type Syntax,
  sequence,
  set,
  subtract,
} from './syntax.ts';

const quote = literal('"');
/** Characters that a string holds only escaped. */
const escaped: readonly Range[] = [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];
const short: Record<number, string> = { 8: 'b', 9: 't', 10: 'n', 12: 'f', 13: 'r', 34: '"', 92: '\\' };

/** A string of characters, each given as it is in the value; what JSON cannot hold plainly is escaped. */
export function jsonString(content: Syntax): Syntax {
  return sequence(quote, escapedIn(content), quote);
}

/** Any string of so many characters. */
export function anyString(min: number, max: number): Syntax {
  return sequence(quote, repeat(jsonCharacters(everything), min, max), quote);
}

function escapedIn(syntax: Syntax): Syntax {
  switch (syntax.type) {
    case 'set':
      return jsonCharacters(syntax.ranges);
    case 'repeat':
      return { ...syntax, part: escapedIn(syntax.part) };
    default:
      return { ...syntax, parts: syntax.parts.map(escapedIn) };
  }
}

function jsonCharacters(ranges: readonly Range[]): Syntax {
  const plain = subtract(ranges, escaped);
  const written = ranges.flatMap(([first, last]) =>
    [...Array(0x20).keys(), 0x22, 0x5c].filter((code) => code >= first && code <= last).map(escapeOf),
  );
  const all = plain.length > 0 ? [set(...plain), ...written] : written;
  return all.length === 1 ? (all[0] as Syntax) : choice(...all);
}

function escapeOf(code: number): Syntax {
  const letter = short[code];
  return literal(letter ? `\\${letter}` : `\\u${code.toString(16).padStart(4, '0')}`);
}

const digit = set([0x30, 0x39]);
/** Without leading zeros, up to 15 digits: every such number is one of JavaScript's. */
const whole = sequence(
  optional(literal('-')),
  choice(literal('0'), sequence(set([0x31, 0x39]), repeat(digit, 0, 14))),
);
const exponent = sequence(
  set([0x45, 0x45], [0x65, 0x65]),
  optional(choice(literal('+'), literal('-'))),
  repeat(digit, 1, 2),
);

export const jsonInteger = whole;
export const jsonNumber = sequence(
  whole,
  optional(sequence(literal('.'), repeat(digit, 1, 15))),
  optional(exponent),
);

/** After a comma or a colon there may be one space. */
const gap = optional(literal(' '));
const comma = sequence(literal(','), gap);
export const colon = sequence(literal(':'), gap);

export function jsonArray(item: Syntax, min: number, max: number): Syntax {
  const rest = repeat(sequence(comma, item), Math.max(0, min - 1), max - 1);
  const filled = max === 0 ? empty : sequence(item, rest);
  return sequence(literal('['), min === 0 && max > 0 ? optional(filled) : filled, literal(']'));
}

/** Members in this order; those that are not required may be left out. */
export function jsonObject(members: readonly { member: Syntax; required: boolean }[]): Syntax {
  const following = members.map(({ member, required }) => {
    const next = sequence(comma, member);
    return required ? next : optional(next);
  });
  // One way to begin for each member that may be the first.
  const firstRequired = members.findIndex(({ required }) => required);
  const starts = members.slice(0, firstRequired < 0 ? members.length : firstRequired + 1);
  const ways = starts.map(({ member }, index) => sequence(member, ...following.slice(index + 1)));
  if (firstRequired < 0) ways.push(empty);
  return sequence(literal('{'), choice(...ways), literal('}'));
}

/** Any members at all. */
export function anyObject(value: Syntax): Syntax {
  const member = sequence(anyString(0, Number.POSITIVE_INFINITY), colon, value);
  return sequence(literal('{'), optional(sequence(member, repeat(sequence(comma, member), 0))), literal('}'));
}

const depthOfAny = 3;

/** Any value, with objects and arrays nested up to so deep. */
export function anyValue(depth = depthOfAny): Syntax {
  const plain = [
    anyString(0, Number.POSITIVE_INFINITY),
    jsonNumber,
    literal('true'),
    literal('false'),
    literal('null'),
  ];
  if (depth === 0) return choice(...plain);
  const inner = anyValue(depth - 1);
  return choice(...plain, anyObject(inner), jsonArray(inner, 0, Number.POSITIVE_INFINITY));
}

/** A known value as JSON.stringify writes it, but for the gaps. */
export function jsonConstant(value: unknown): Syntax {
  if (Array.isArray(value)) {
    const items = value.flatMap((item, index) =>
      index > 0 ? [comma, jsonConstant(item)] : [jsonConstant(item)],
    );
    return sequence(literal('['), ...items, literal(']'));
  }
  if (typeof value !== 'object' || value === null) return literal(JSON.stringify(value));
  const members = Object.entries(value).map(([name, each]) => ({
    member: sequence(literal(JSON.stringify(name)), colon, jsonConstant(each)),
    required: true,
  }));
  return jsonObject(members);
}
