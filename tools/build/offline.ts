import type { PluginOption } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/**
 * The service worker: it holds the page's own files, GPT-2's ranks included, and never a model's bytes; those are kept,
 * verified and deleted by the engine. A new version waits until the visitor asks for it.
 */
export function offline(): PluginOption {
  return VitePWA({
    registerType: 'prompt',
    injectRegister: null,
    manifest: {
      name: 'Vitrine',
      short_name: 'Vitrine',
      description: 'Language models of the GPT-2 family, running on your own machine, under glass.',
      id: './',
      start_url: './',
      scope: './',
      display: 'standalone',
      background_color: '#faf8f4',
      theme_color: '#faf8f4',
      icons: [{ src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' }],
    },
    workbox: {
      globPatterns: ['**/*.{html,js,css,woff2,svg}'],
      globIgnores: [
        'models/**',
        'bench*',
        'device.html',
        'vitrine-{node,openai,remote,ai-sdk}.js',
        'assets/page-{bench,device}*',
      ],
      // Every query is for the page's own script, none for the host.
      ignoreURLParametersMatching: [/./],
      navigateFallback: null,
      // The first visit is kept too; a later version still waits to be asked for.
      clientsClaim: true,
      cleanupOutdatedCaches: true,
    },
  });
}
