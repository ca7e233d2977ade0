import type { NumberSpec, OptionSpec } from '../lib/index.ts';
import type { GenerationOptions } from './options.ts';
import { type OptionName, optionTable } from './options.ts';

type Table = typeof optionTable;
type WithAttribute = {
  [Name in OptionName]: Table[Name] extends { attribute: string } ? Name : never;
}[OptionName];

/** Spelling of an option as an HTML attribute and in an address. */
export type OptionAttribute = Table[WithAttribute]['attribute'];

/** An option that is a number and has an attribute. */
export interface NumberAttribute {
  name: {
    [Name in WithAttribute]: Table[Name] extends { type: 'number' | 'integer' } ? Name : never;
  }[WithAttribute];
  attribute: OptionAttribute;
  spec: NumberSpec;
}

const specs = Object.entries(optionTable) as [OptionName, OptionSpec][];

/** Attributes of all options that have one, in the order of the table. */
export const optionAttributes: readonly OptionAttribute[] = specs.flatMap(([, { attribute }]) =>
  attribute === undefined ? [] : [attribute as OptionAttribute],
);

export const numberAttributes: readonly NumberAttribute[] = specs.flatMap(([name, spec]) =>
  (spec.type === 'number' || spec.type === 'integer') && spec.attribute !== undefined
    ? [{ name, attribute: spec.attribute, spec } as NumberAttribute]
    : [],
);

/** What the page and embeds use where the caller says nothing: the table's `pageDefault`s. */
export const pageDefaults = Object.fromEntries(
  numberAttributes.flatMap(({ name, spec }) =>
    spec.pageDefault === undefined ? [] : [[name, spec.pageDefault]],
  ),
) as Pick<Required<GenerationOptions>, 'maxNewTokens' | 'temperature' | 'topK'>;
