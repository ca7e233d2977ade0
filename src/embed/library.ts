import { type Loader, SharedModels } from './shared-models.ts';

let base: string | undefined;

/** Where `models/` is: beside the script of an element on a foreign page, beside the page of a frame. */
export function setBase(url: string): void {
  base = url;
}

export function siteBase(): string {
  return base ?? document.baseURI;
}

/** The library arrives with the first activation, not before. */
const load: Loader = async (source, options) => {
  const { loadModel } = await import('../worker/index.ts');
  return loadModel(source, { bundledBase: new URL('models/', siteBase()).href, ...options });
};

/** The models of all elements on this page. */
export const sharedModels = new SharedModels(load);
