import type { LanguageModelV4CallOptions, LanguageModelV4Prompt, SharedV4Warning } from '@ai-sdk/provider';
import type { GenerateOptions } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';

/** A call of the SDK as one of `generate`. */
export interface Call {
  text: string;
  options: GenerateOptions;
  warnings: SharedV4Warning[];
}

/**
 * Takes a call apart. Options under `providerOptions.vitrine` are those of `generate` and win over the SDK's.
 * @throws VitrineError `invalid-argument` for a prompt that holds anything but text
 */
export function readCall(call: LanguageModelV4CallOptions, defaults: GenerateOptions): Call {
  const { maxOutputTokens, stopSequences, abortSignal, providerOptions } = call;
  const { temperature, topP, topK, presencePenalty, frequencyPenalty, seed } = call;
  const sdk: GenerateOptions = { temperature, topP, topK, presencePenalty, frequencyPenalty, seed };
  const own = { ...sdk, maxNewTokens: maxOutputTokens, stop: stopSequences, signal: abortSignal };
  const given = Object.entries(own).filter(([, value]) => value !== undefined);
  return {
    text: textOf(call.prompt),
    options: { ...defaults, ...Object.fromEntries(given), ...(providerOptions?.vitrine as GenerateOptions) },
    warnings: warningsOf(call),
  };
}

/** A single message is the text itself; several are joined with an empty line. */
function textOf(prompt: LanguageModelV4Prompt): string {
  const texts = prompt.map(({ role, content }) => {
    if (typeof content === 'string') return content;
    return content
      .map((part) => {
        if (part.type === 'text') return part.text;
        throw new VitrineError(
          'invalid-argument',
          `A ${role} message holds a ${part.type}; these models continue text. Pass text alone.`,
        );
      })
      .join('');
  });
  return texts.join('\n\n');
}

function warningsOf({
  prompt,
  tools,
  responseFormat,
  reasoning,
}: LanguageModelV4CallOptions): SharedV4Warning[] {
  const warnings: SharedV4Warning[] = [];
  const continues = 'These models continue a text and follow no instructions.';
  if (prompt.length > 1)
    warnings.push({
      type: 'compatibility',
      feature: 'messages',
      details: `${continues} The messages are joined.`,
    });
  if (tools?.length) warnings.push({ type: 'unsupported', feature: 'tools', details: continues });
  if (responseFormat?.type === 'json')
    warnings.push({ type: 'unsupported', feature: 'responseFormat', details: continues });
  if (reasoning !== undefined && reasoning !== 'provider-default' && reasoning !== 'none')
    warnings.push({ type: 'unsupported', feature: 'reasoning', details: continues });
  return warnings;
}
