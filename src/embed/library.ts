import { type Loader, SharedModels } from './shared-models.ts';

let base: string | undefined;

/** Base URL of `models/`: next to the script for an element on another site, next to the page for a frame. */
export function setBase(url: string): void {
  base = url;
}

export function siteBase(): string {
  return base ?? document.baseURI;
}

/** Loads the library lazily, at the first activation; or connects to a server. */
const load: Loader = async (source, { server, ...options }) => {
  if (server) return (await import('./remote.ts')).connect(source, server, options);
  const { loadModel } = await import('../worker/index.ts');
  return loadModel(source, { bundledBase: new URL('models/', siteBase()).href, ...options });
};

/** The models of all elements on this page. */
export const sharedModels = new SharedModels(load);
