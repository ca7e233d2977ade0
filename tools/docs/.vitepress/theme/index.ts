import { Content, type Theme, useData, withBase } from 'vitepress';
import { defineComponent, h } from 'vue';
import '@fontsource/literata/latin-400.css';
import '@fontsource/literata/latin-600.css';
import '../../../../src/ui/styles/tokens.css';
import './docs.css';

interface DocsPage {
  file: string;
  title: string;
}

/** Header, list of pages, and the text: no script runs in a page. */
const Layout = defineComponent(() => {
  const { theme, page } = useData<{ pages: DocsPage[] }>();
  const here = page.value.relativePath.replace(/\.md$/, '.html');
  const item = ({ file, title }: DocsPage) =>
    h('li', [
      h('a', { href: withBase(`/${file}`), 'aria-current': file === here ? 'page' : undefined }, title),
    ]);
  return () => [
    h('a', { class: 'skip', href: '#text' }, 'Skip to the text'),
    h('header', [h('a', { class: 'name', href: '/index.html' }, 'Vitrine')]),
    h('nav', { 'aria-label': 'Documentation' }, [h('ul', theme.value.pages.map(item))]),
    h('main', { id: 'text' }, [h(Content)]),
  ];
});

export default { Layout } satisfies Theme;
