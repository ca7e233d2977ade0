import { Marked } from 'marked';

/** A heading's anchor, as code hosts make it: `The head` is `#the-head`. */
export function slugOf(text) {
  const plain = text.replace(/<[^>]+>/g, '').replace(/&[a-z]+;/g, '');
  return plain
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]);

/** A demo in the text, live: from this site, whatever host the text names, and without its inline style. */
function liveDemo(code, toRoot) {
  const [element] = /<vitrine-demo[\s\S]*?<\/vitrine-demo>/.exec(code) ?? [];
  if (element) return element;
  const [, query] = /<iframe src="[^"?]*embed\.html([^"]*)"/.exec(code) ?? [];
  if (query === undefined) return '';
  return `<iframe class="live" title="Language model" src="${toRoot}embed.html${query}"></iframe>`;
}

function rendererOf(options) {
  const { linkOf, toRoot } = options;
  const used = new Map();
  return {
    heading({ tokens, depth }) {
      const html = this.parser.parseInline(tokens);
      const slug = slugOf(html);
      const times = used.get(slug) ?? 0;
      used.set(slug, times + 1);
      return `<h${depth} id="${times ? `${slug}-${times}` : slug}">${html}</h${depth}>\n`;
    },
    link({ href, tokens }) {
      const html = this.parser.parseInline(tokens);
      const to = linkOf(href);
      return to === undefined ? html : `<a href="${escaped(to)}">${html}</a>`;
    },
    code({ text, lang }) {
      const live = lang === 'html' ? liveDemo(text, toRoot) : '';
      return `<pre tabindex="0"><code>${escaped(text)}</code></pre>\n${live}`;
    },
    table(token) {
      const row = (cells, tag) =>
        `<tr>${cells.map((cell) => `<${tag}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
      const body = token.rows.map((cells) => row(cells, 'td')).join('\n');
      return `<div class="wide" tabindex="0"><table><thead>${row(token.header, 'th')}</thead><tbody>${body}</tbody></table></div>\n`;
    },
  };
}

/**
 * Markdown as HTML without inline style or script.
 * @param options.linkOf where a link of the text leads on the site; undefined leaves its words alone
 * @param options.toRoot way from this page to the site's root, such as '../'
 */
export function renderMarkdown(text, options) {
  return new Marked({ gfm: true, renderer: rendererOf(options) }).parse(text);
}
