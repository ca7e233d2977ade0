/**
 * Where the bundled models are unless told otherwise: beside the page. In the library's file it is beside that file
 * (tools/bundle.mjs puts its own in place of this one).
 */
export function defaultBase(): string | undefined {
  return typeof document === 'undefined' ? undefined : new URL('models/', document.baseURI).href;
}
