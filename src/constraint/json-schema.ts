import { VitrineError } from '../lib/index.ts';
import {
  anyObject,
  anyString,
  anyValue,
  colon,
  jsonArray,
  jsonConstant,
  jsonInteger,
  jsonNumber,
  jsonObject,
  jsonString,
} from './json-text.ts';
import { parseRegex } from './regex.ts';
import { choice, everything, literal, repeat, type Syntax, sequence, set } from './syntax.ts';

type Schema = Record<string, unknown>;

/** What says nothing about which texts are valid. */
const notes = ['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples', 'deprecated'];
const definitions = ['$defs', 'definitions'];
const deepestSchema = 32;

/** Keywords that are understood beside a type. */
const keywords: Record<string, readonly string[]> = {
  string: ['minLength', 'maxLength', 'pattern'],
  number: [],
  integer: [],
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties'],
};

/**
 * The JSON texts that a schema accepts, with properties in the order of the schema and no white space but one space after
 * a comma or a colon.
 * @throws VitrineError `invalid-argument` naming a keyword that is not understood, and where
 */
export function jsonSchemaSyntax(schema: unknown): Syntax {
  return new Reader(schema).read(schema, '#', []);
}

class Reader {
  constructor(private readonly root: unknown) {}

  read(schema: unknown, path: string, followed: readonly string[]): Syntax {
    if (schema === true) return anyValue();
    if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
      throw refusal(path, 'is no schema that a text could match');
    if (path.split('/').length > deepestSchema) throw refusal(path, `is more than ${deepestSchema} deep`);
    const all = schema as Schema;
    const reader = this.special(all, path, followed);
    if (reader) return reader();
    const types = typesOf(all, path);
    if (types.length === 0) {
      onlyKnown(all, [], path);
      return anyValue();
    }
    onlyKnown(all, ['type', ...types.flatMap((type) => keywords[type] ?? [])], path);
    return choice(...types.map((type) => this.ofType(type, all, path, followed)));
  }

  /** Schemas that say their texts without a type. */
  private special(schema: Schema, path: string, followed: readonly string[]): (() => Syntax) | undefined {
    const { $ref, enum: values, anyOf, oneOf } = schema;
    if ($ref !== undefined) return () => this.reference(schema, path, followed);
    if ('const' in schema) {
      onlyKnown(schema, ['type', 'const'], path);
      return () => jsonConstant(schema.const);
    }
    if (values !== undefined) {
      onlyKnown(schema, ['type', 'enum'], path);
      return () => choice(...list(values, `${path}/enum`).map(jsonConstant));
    }
    const name = anyOf !== undefined ? 'anyOf' : 'oneOf';
    const options = anyOf ?? oneOf;
    if (options === undefined) return undefined;
    onlyKnown(schema, [name], path);
    const at = `${path}/${name}`;
    return () =>
      choice(...list(options, at).map((each, index) => this.read(each, `${at}/${index}`, followed)));
  }

  private reference(schema: Schema, path: string, followed: readonly string[]): Syntax {
    onlyKnown(schema, ['$ref'], path);
    const { $ref } = schema;
    if (typeof $ref !== 'string' || !/^#(\/|$)/.test($ref))
      throw refusal(
        path,
        `has the $ref ${JSON.stringify($ref)}; use one within the schema, such as #/$defs/name`,
      );
    if ($ref === '#' || followed.includes($ref))
      throw refusal(path, `refers to itself by ${$ref}: a text without end is not possible`);
    let target: unknown = this.root;
    for (const part of $ref.slice(2).split('/')) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
      const holds = typeof target === 'object' && target !== null && Object.hasOwn(target, name);
      if (!holds) throw refusal(path, `has the $ref ${$ref}, which leads nowhere`);
      target = (target as Schema)[name];
    }
    return this.read(target, $ref, [...followed, $ref]);
  }

  private ofType(type: string, schema: Schema, path: string, followed: readonly string[]): Syntax {
    switch (type) {
      case 'string':
        return stringSyntax(schema, path);
      case 'number':
        return jsonNumber;
      case 'integer':
        return jsonInteger;
      case 'boolean':
        return choice(literal('true'), literal('false'));
      case 'null':
        return literal('null');
      case 'array': {
        const item =
          schema.items === undefined ? anyValue() : this.read(schema.items, `${path}/items`, followed);
        return jsonArray(item, ...bounds(schema, 'Items', path));
      }
      default:
        return this.object(schema, path, followed);
    }
  }

  private object(schema: Schema, path: string, followed: readonly string[]): Syntax {
    const { properties, additionalProperties = true } = schema;
    const required = schema.required === undefined ? [] : list(schema.required, `${path}/required`);
    if (typeof properties !== 'object' || properties === null) {
      if (properties !== undefined || required.length > 0)
        throw refusal(path, 'requires properties that it does not describe');
      if (additionalProperties === false) return jsonObject([]);
      return anyObject(
        additionalProperties === true
          ? anyValue(2)
          : this.read(additionalProperties, `${path}/additionalProperties`, followed),
      );
    }
    if (typeof additionalProperties !== 'boolean')
      throw refusal(path, 'has properties and a schema for additionalProperties; use false');
    const missing = required.find((name) => typeof name !== 'string' || !Object.hasOwn(properties, name));
    if (missing !== undefined)
      throw refusal(path, `requires ${JSON.stringify(missing)}, which is no property`);
    const members = Object.entries(properties).map(([name, each]) => ({
      member: sequence(
        literal(JSON.stringify(name)),
        colon,
        this.read(each, `${path}/properties/${name}`, followed),
      ),
      required: required.includes(name),
    }));
    return jsonObject(members);
  }
}

function typesOf({ type }: Schema, path: string): string[] {
  if (type === undefined) return [];
  const types = Array.isArray(type) ? type : [type];
  const unknown = types.find((each) => typeof each !== 'string' || !Object.hasOwn(keywords, each));
  if (unknown !== undefined || types.length === 0)
    throw refusal(
      path,
      `has the type ${JSON.stringify(unknown)}; types are ${Object.keys(keywords).join(', ')}`,
    );
  return types as string[];
}

function stringSyntax(schema: Schema, path: string): Syntax {
  const { pattern } = schema;
  const [min, max] = bounds(schema, 'Length', path);
  if (pattern === undefined) return anyString(min, max);
  if (schema.minLength !== undefined || schema.maxLength !== undefined)
    throw refusal(path, 'has a pattern and a length; say the length in the pattern');
  if (typeof pattern !== 'string') throw refusal(path, 'has a pattern that is no string');
  const { syntax, anchored } = parseRegex(pattern);
  const anything = repeat(set(...everything), 0);
  return jsonString(
    sequence(...(anchored.start ? [] : [anything]), syntax, ...(anchored.end ? [] : [anything])),
  );
}

function bounds(schema: Schema, what: 'Length' | 'Items', path: string): [min: number, max: number] {
  const { [`min${what}`]: min = 0, [`max${what}`]: max = Number.POSITIVE_INFINITY } = schema;
  const valid = (value: unknown) =>
    value === Number.POSITIVE_INFINITY || (Number.isInteger(value) && (value as number) >= 0);
  if (!valid(min) || !valid(max) || (min as number) > (max as number))
    throw refusal(path, `has min${what} ${String(min)} and max${what} ${String(max)}`);
  return [min as number, max as number];
}

function list(value: unknown, path: string): unknown[] {
  if (Array.isArray(value) && value.length > 0) return value;
  if (Array.isArray(value) && path.endsWith('/required')) return value;
  throw refusal(path, 'must be a list that is not empty');
}

function onlyKnown(schema: Schema, known: readonly string[], path: string): void {
  const unknown = Object.keys(schema).find((key) => ![...known, ...notes, ...definitions].includes(key));
  if (unknown !== undefined)
    throw refusal(path, `has the keyword ${unknown}, which is not understood here; leave it out`);
}

function refusal(path: string, what: string): VitrineError {
  return new VitrineError('invalid-argument', `The JSON schema at ${path} ${what}.`);
}
