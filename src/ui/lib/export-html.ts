import { formatProbability } from '../../lib/index.ts';
import type { PageData } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { shadeOf } from './shade.ts';

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML source that shows exactly that text. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}

const style = `
:root { color-scheme: light dark }
body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1.15rem/1.75 Literata, Georgia, serif }
.text { white-space: pre-wrap; overflow-wrap: anywhere }
.you { text-decoration: underline dotted; text-underline-offset: .3em }
.chosen { text-decoration: underline; text-underline-offset: .25em }
${[7, 14, 23, 33, 45].map((share, i) => `.s${i + 1} { background: rgb(217 98 43 / ${share}%) }`).join('\n')}
footer { margin-top: 2rem; font: .85rem/1.5 system-ui, sans-serif }`;

/** The text with its shading as one HTML file: no script, nothing from elsewhere, every character escaped. */
export function exportHtml(state: PageData): string {
  const { tokens, tail } = currentVersion(state);
  const { model, run } = state;
  const spans = tokens.map(({ text, origin, logprob }) => {
    const known = logprob !== null && !Number.isNaN(logprob);
    const title = known ? ` title="${formatProbability(Math.exp(logprob))}"` : '';
    return `<span class="${origin} s${shadeOf(logprob) ?? 0}"${title}>${escapeHtml(text)}</span>`;
  });
  const name = escapeHtml(model ? `${model.id} (${model.revision.slice(0, 12)}), ${model.dtype}` : '');
  const seed = run ? `, seed ${run.origin.seed}` : '';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Vitrine</title><style>${style}</style></head><body>
<p class="text" dir="auto">${spans.join('')}${escapeHtml(tail)}</p>
<footer>Written by ${name}${seed}. Dotted: typed. The stronger the shade, the less the model expected the token.</footer>
</body></html>
`;
}
