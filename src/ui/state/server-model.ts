import type { GenerateOptions, Model } from '../../engine/index.ts';
import type { OptionName } from '../../generation/index.ts';
import type { RemoteModel } from '../../remote/index.ts';
import type { LoadRequest, ServerAddress } from './types.ts';

export function isOnServer(model: Model): model is RemoteModel {
  return model.dtype === 'remote';
}

/** A connection to a model on a server. What names it also names the tokenizer that its ids are of. */
export function requestForServer(server: ServerAddress): LoadRequest {
  const { baseUrl, model, tokenizer } = server;
  const source = `server ${baseUrl} ${model} ${tokenizer}`;
  return { source, kind: 'server', name: model, dtype: null, backend: 'gpu', server };
}

/** The options without those that the model's server does not have; their controls say so. */
export function optionsFor(model: Model, options: GenerateOptions): GenerateOptions {
  if (!isOnServer(model)) return options;
  const known = Object.entries(options).filter(([name]) => model.supports(name as OptionName));
  return Object.fromEntries(known);
}
