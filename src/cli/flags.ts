import { readFileSync } from 'node:fs';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { Constraint } from '../constraint/index.ts';
import type { LoadOptions } from '../engine/index.ts';
import { type GenerationOptions, type OptionName, optionTable } from '../generation/index.ts';
import { checkOption, type OptionSpec, VitrineError } from '../lib/index.ts';

export type Flags = Record<string, string | boolean | (string | boolean)[] | undefined>;
type FlagSpecs = NonNullable<ParseArgsConfig['options']>;

const loading: FlagSpecs = {
  cpu: { type: 'boolean' },
  gpu: { type: 'boolean' },
  dtype: { type: 'string' },
  revision: { type: 'string' },
  hub: { type: 'string' },
};

const serving: FlagSpecs = {
  port: { type: 'string' },
  host: { type: 'string' },
  name: { type: 'string' },
  'allow-origin': { type: 'string', multiple: true },
};

const inspecting: FlagSpecs = {
  attention: { type: 'boolean' },
  'logit-lens': { type: 'boolean' },
  'hidden-states': { type: 'boolean' },
};

const specs = Object.entries(optionTable) as [OptionName, OptionSpec][];
/** Options of `generate` that can be spelt in one word: those with an attribute. */
const writable = specs.filter(([, { attribute }]) => attribute !== undefined);

const writing: FlagSpecs = {
  json: { type: 'boolean' },
  regex: { type: 'string' },
  'json-schema': { type: 'string' },
  ...Object.fromEntries(
    writable.map(([, { attribute, type }]) => [attribute, { type: 'string', multiple: type === 'texts' }]),
  ),
};

export const commands = {
  serve: { flags: { ...loading, ...serving }, takes: 'MODEL' },
  run: { flags: { ...loading, ...writing }, takes: 'MODEL PROMPT' },
  score: { flags: loading, takes: 'MODEL TEXT' },
  inspect: { flags: { ...loading, ...inspecting }, takes: 'MODEL TEXT' },
} as const satisfies Record<string, { flags: FlagSpecs; takes: string }>;

export type CommandName = keyof typeof commands;

export interface CommandLine {
  command: CommandName;
  positionals: string[];
  flags: Flags;
}

/** @throws VitrineError `invalid-argument` naming the command or flag */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const [name = '', ...rest] = args;
  const command = Object.keys(commands).find((each) => each === name) as CommandName | undefined;
  if (!command)
    throw refusal(`There is no command ${name}. Commands are ${Object.keys(commands).join(', ')}.`);
  const { flags, takes } = commands[command];
  let parsed: { positionals: string[]; values: Flags };
  try {
    parsed = parseArgs({ args: rest, options: flags, allowPositionals: true });
  } catch (error) {
    throw refusal(
      `${(error as Error).message} Flags of ${command} are ${Object.keys(flags).map(dashed).join(', ')}.`,
    );
  }
  const count = takes.split(' ').length;
  if (parsed.positionals.length !== count)
    throw refusal(
      `${command} takes ${takes}; ${parsed.positionals.length} were given. Put a text in quotes.`,
    );
  return { command, positionals: parsed.positionals, flags: parsed.values };
}

const dashed = (name: string) => `--${name}`;

export function refusal(message: string): VitrineError {
  return new VitrineError('invalid-argument', message);
}

/**
 * What the loading flags ask of `loadModel`.
 * @throws VitrineError `invalid-argument` for `--cpu` with `--gpu`
 */
export function loadOptions({ cpu, gpu, dtype, hub }: Flags): LoadOptions {
  if (cpu && gpu) throw refusal('--cpu and --gpu exclude each other. Pass one of the two.');
  return {
    ...(dtype !== undefined && { dtype: dtype as LoadOptions['dtype'] }),
    ...(hub !== undefined && { hub: hub as string }),
    ...(cpu && { backend: 'cpu' as const }),
    ...(gpu && { backend: 'gpu' as const }),
  };
}

/** What the sampling flags ask of `generate`. */
export function generationOptions(flags: Flags): GenerationOptions {
  const options: Record<string, unknown> = {};
  for (const [name, spec] of writable) {
    const value = flags[spec.attribute as string];
    if (value !== undefined)
      options[name] = checkOption(dashed(spec.attribute as string), typed(value, spec), spec);
  }
  const constraint = constraintOf(flags);
  return constraint ? { ...options, constraint } : options;
}

function constraintOf({ regex, 'json-schema': schema }: Flags): Constraint | undefined {
  if (regex !== undefined && schema !== undefined)
    throw refusal('--regex and --json-schema exclude each other.');
  if (regex !== undefined) return { regex: regex as string };
  return schema === undefined ? undefined : { jsonSchema: readSchema(schema as string) };
}

/** A schema as it is, or the name of its file. */
function readSchema(given: string): object {
  let text = given;
  try {
    if (!given.trim().startsWith('{')) text = readFileSync(given, 'utf8');
    return JSON.parse(text) as object;
  } catch (cause) {
    const message = `--json-schema is neither a JSON schema nor a file with one: ${(cause as Error).message}`;
    throw new VitrineError('invalid-argument', message, { cause });
  }
}

/** A flag's text as the type its option has. What is no number becomes NaN, which no range admits. */
function typed(value: Flags[string], spec: OptionSpec): unknown {
  if (spec.type === 'number' || spec.type === 'integer') return value === '' ? Number.NaN : Number(value);
  if (spec.type !== 'choice') return value;
  return spec.values.find((each) => String(each) === value) ?? value;
}

/** @throws VitrineError `invalid-argument` */
export function portOf({ port = '8000' }: Flags): number {
  const spec: OptionSpec = { type: 'integer', min: 0, max: 65535, summary: 'Port; 0 takes a free one.' };
  return checkOption('--port', port === '' ? Number.NaN : Number(port), spec);
}
