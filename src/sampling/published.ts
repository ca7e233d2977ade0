import { checkOption, type OptionSpec } from '../lib/index.ts';
import { samplingTable } from './options.ts';
import type { SamplingOptions } from './types.ts';

const published = ([name, spec]: [string, OptionSpec]) =>
  name !== 'seed' && (spec.type === 'number' || spec.type === 'integer');

/** What changes a greedy text too. */
const penalties = ['repetitionPenalty', 'noRepeatNgramSize', 'frequencyPenalty', 'presencePenalty'];

/** `top_k` for `topK`: how transformers spells the same options. */
const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * The sampling options that a `generation_config.json` asks for; none where it asks for nothing or makes no sense.
 * `do_sample: false` is greedy, as in transformers: then only the penalties count.
 */
export function publishedSampling(generationConfig: unknown): SamplingOptions {
  if (typeof generationConfig !== 'object' || generationConfig === null) return {};
  const values = generationConfig as Record<string, unknown>;
  const found = Object.entries(samplingTable)
    .filter(published)
    .flatMap(([name, spec]) => {
      const value = values[snakeCase(name)];
      return isAllowed(name, value, spec) ? [[name, value] as const] : [];
    });
  if (values.do_sample !== false) return Object.fromEntries(found);
  return { ...Object.fromEntries(found.filter(([name]) => penalties.includes(name))), temperature: 0 };
}

function isAllowed(name: string, value: unknown, spec: OptionSpec): boolean {
  if (value === undefined || value === null) return false;
  try {
    checkOption(name, value, spec);
    return true;
  } catch {
    return false;
  }
}
