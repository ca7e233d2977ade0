import type { Plugin } from 'vite';

/**
 * The content security policy of the pages, as a Vite plugin that writes it into their <head>.
 *
 *   script-src 'self'              no inline script, nothing from elsewhere; text of a model can never become code
 *              'wasm-unsafe-eval' the CPU engine's products in SIMD; it allows WebAssembly and no script
 *   style-src 'self'               no inline style sheets or style attributes (React sets styles through the DOM)
 *   worker-src 'self' blob:        the engine's worker; blob: for an embed whose page has another origin
 *   connect-src *                  a visitor may name any hub or folder on the web; data: for the icon, blob: for files
 *   img-src 'self' data: blob:     the icon, and pictures made in the page
 *   object-src, base-uri, form-action 'none'
 *
 * While developing, Vite's own client needs inline script and style; everything else stays as strict.
 */
const policy = {
  'default-src': "'self'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'font-src': "'self'",
  'img-src': "'self' data: blob:",
  'connect-src': '* data: blob:',
  'worker-src': "'self' blob:",
  'manifest-src': "'self'",
  'object-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
};

export function policyText({ development = false } = {}): string {
  const inline = development
    ? { 'script-src': "'self' 'wasm-unsafe-eval' 'unsafe-inline'", 'style-src': "'self' 'unsafe-inline'" }
    : {};
  return Object.entries({ ...policy, ...inline })
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');
}

export function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    transformIndexHtml(_html, context) {
      const content = policyText({ development: context.server !== undefined });
      const attrs = { 'http-equiv': 'Content-Security-Policy', content };
      return [{ tag: 'meta', attrs, injectTo: 'head-prepend' }];
    },
  };
}
