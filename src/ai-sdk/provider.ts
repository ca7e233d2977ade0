import type { LanguageModelV4, ProviderV4 } from '@ai-sdk/provider';
import type { GenerateOptions, Model } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import { languageModel } from './language-model.ts';

export interface VitrineProvider extends ProviderV4 {
  (name: string): LanguageModelV4;
}

/**
 * A provider of loaded models under names of the caller's.
 * @param defaults options of `generate`, where a call says nothing
 */
export function createVitrine(
  models: Readonly<Record<string, Model>>,
  defaults: GenerateOptions = {},
): VitrineProvider {
  const find = (name: string): LanguageModelV4 => {
    const model = Object.hasOwn(models, name) ? models[name] : undefined;
    if (model) return { ...languageModel(model, defaults), modelId: name };
    const names = Object.keys(models).join(', ');
    throw new VitrineError('not-found', `There is no model ${name} here. There are ${names}.`);
  };
  const missing = (kind: string) => (): never => {
    throw new VitrineError('invalid-argument', `There is no ${kind} model here: these models continue text.`);
  };
  return Object.assign((name: string) => find(name), {
    specificationVersion: 'v4' as const,
    languageModel: find,
    embeddingModel: missing('embedding'),
    imageModel: missing('image'),
  });
}
