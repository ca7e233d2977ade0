import { VitrineError } from './errors.ts';

interface Described {
  /** One line for people: docs and the page's panel. */
  summary: string;
  /** Spelling as an HTML attribute and in an address; absent where the option cannot be given there. */
  attribute?: string;
  /** The default in words, where it is not a constant. */
  defaultText?: string;
}

export interface NumberSpec extends Described {
  type: 'number' | 'integer';
  min: number;
  /** Whether `min` itself is excluded. */
  above?: boolean;
  max: number;
  default?: number;
  /** The value that has no effect. */
  off?: number;
  /** What the page and embeds use instead of the default. */
  pageDefault?: number;
  /** The page's slider, which covers the useful part of the range. */
  slider?: { label: string; min: number; max: number; step: number };
}

export interface ChoiceSpec extends Described {
  type: 'choice';
  values: readonly (string | boolean)[];
  default: string | boolean;
}

/** A list of strings that are not empty. */
export interface TextsSpec extends Described {
  type: 'texts';
}

/** Something that is checked by the code that uses it. */
export interface ObjectSpec extends Described {
  type: 'object';
  /** Its TypeScript type. */
  of: string;
}

/** Type, range, default and spellings of one option. */
export type OptionSpec = NumberSpec | ChoiceSpec | TextsSpec | ObjectSpec;
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/**
 * @returns the value
 * @throws VitrineError `invalid-argument` naming the option, its value and what is allowed
 */
export function checkOption<T>(name: string, value: T, spec: OptionSpec): T {
  if (accepts(value, spec)) return value;
  throw new VitrineError('invalid-argument', `${name} is ${show(value)}; use ${allowedValues(spec)}.`);
}

/** @throws VitrineError `invalid-argument` naming the first key of `options` that is not in the table */
export function checkOptionNames(options: object, table: OptionTable): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(table, name));
  if (unknown !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `There is no option ${unknown}. Options are ${Object.keys(table).join(', ')}.`,
    );
}

function accepts(value: unknown, spec: OptionSpec): boolean {
  switch (spec.type) {
    case 'number':
    case 'integer':
      if (typeof value !== 'number' || !(value >= spec.min && value <= spec.max)) return false;
      if (spec.above && value === spec.min) return false;
      return spec.type === 'number' || Number.isInteger(value);
    case 'choice':
      return spec.values.includes(value as string);
    case 'texts':
      return Array.isArray(value) && value.every((text) => typeof text === 'string' && text !== '');
    case 'object':
      return true;
  }
}

/** The allowed values in words: `a whole number from 1 to 64`. */
export function allowedValues(spec: OptionSpec): string {
  switch (spec.type) {
    case 'number':
    case 'integer':
      return `${spec.type === 'integer' ? 'a whole number' : 'a number'} ${range(spec)}`;
    case 'choice': {
      const shown = spec.values.map(show);
      return `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
    }
    case 'texts':
      return 'a list of strings that are not empty';
    case 'object':
      return spec.of;
  }
}

function range({ min, above, max, off }: NumberSpec): string {
  const neutral = off === undefined ? '' : ` (${off} is off)`;
  if (max >= Number.MAX_SAFE_INTEGER) return `from ${min} up${neutral}`;
  return above ? `above ${min} and up to ${max}${neutral}` : `from ${min} to ${max}${neutral}`;
}

function show(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
