/**
 * The script of the custom element: one tag defines `<vitrine-demo>`.
 * @module vitrine/embed
 */
import { define } from './define.ts';
import { setBase, sharedModels } from './library.ts';

export { VitrineDemo } from './demo.ts';
export type { VitrineDemoEvents } from './events.ts';
export type { VitrineDemoSettings } from './settings.ts';

/** Models held by the elements of this page, and the GPU bytes they take. */
export const usage = (): { models: number; gpuBytes: number } => sharedModels.usage();

// Where a bundler has moved the script, the bundled model is beside the page.
if (/\/embed\.js$/.test(new URL(import.meta.url).pathname))
  setBase(new URL(/* @vite-ignore */ './', import.meta.url).href);
define();
