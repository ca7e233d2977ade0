import { join } from 'node:path';
import { slug } from 'github-slugger';
import { defineConfig } from 'vitepress';
import { policyText } from '../../build/csp.ts';
import { liveDemo } from '../live-demo.ts';
import { pagesOf } from '../pages.ts';
import { relativeAddresses, relativeStyles } from '../relative-addresses.ts';

/**
 * The docs' site in `dist/docs/`: plain pages without a client-side app, under the site's own policy, with addresses that
 * hold below any path.
 */
const root = join(import.meta.dirname, '../../..');
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

const icon = { rel: 'icon', href: '/icon.svg' };
const element = { type: 'module', src: '/embed.js' };

export default defineConfig({
  title: 'Vitrine',
  titleTemplate: ':title · Vitrine',
  description: 'Language models of the GPT-2 family in the browser, on WebGPU.',
  lang: 'en',
  base: '/docs/',
  mpa: true,
  ignoreDeadLinks: 'localhostLinks',
  appearance: false,
  srcDir: join(root, '.cache/docs'),
  outDir: join(root, 'dist/docs'),
  cacheDir: join(root, '.cache/vitepress'),
  themeConfig: { pages: pagesOf(root).map(({ file, title }) => ({ file, title })) },
  head: [
    ['meta', { 'http-equiv': 'Content-Security-Policy', content: policyText() }],
    ['meta', { name: 'color-scheme', content: 'light dark' }],
    ['link', icon],
  ],
  markdown: {
    anchor: { slugify: (text: string) => slug(text), permalink: false },
    config(md) {
      // Without colours, which would be inline styles, and without a button that needs a script.
      md.renderer.rules.fence = (tokens, index) => {
        const { info = '', content = '' } = tokens[index] ?? {};
        const demo = info.startsWith('html') ? liveDemo(content) : '';
        return `<pre v-pre tabindex="0"><code>${escaped(content.trimEnd())}</code></pre>\n${demo}`;
      };
      md.renderer.rules.table_open = () => '<div class="wide" tabindex="0"><table>';
      md.renderer.rules.table_close = () => '</table></div>';
    },
  },
  vue: { template: { compilerOptions: { isCustomElement: (tag) => tag === 'vitrine-demo' } } },
  transformHead: ({ content }) => (content.includes('<vitrine-demo') ? [['script', element]] : []),
  transformHtml: (html, _id, { page }) => relativeAddresses(html, page),
  buildEnd: ({ outDir }) => relativeStyles(join(outDir, 'assets')),
});
