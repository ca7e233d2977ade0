import type { LoadOptions, Model } from '../engine/index.ts';
import { remoteModel } from '../remote/index.ts';

/** The model of this name on a server. An element has no key: whoever sees the page would have it too. */
export function connect(model: string, baseUrl: string, { signal }: LoadOptions): Promise<Model> {
  return remoteModel({ baseUrl, model, signal });
}
