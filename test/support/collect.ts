import type { GeneratedToken, GenerateOptions, Model } from '../../src/engine/index.ts';

/** The tokens of one text, until it ends. */
export async function collect(
  model: Pick<Model, 'generate'>,
  prompt: string | number[],
  options: GenerateOptions = {},
): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate(prompt, options)) tokens.push(token);
  return tokens;
}
