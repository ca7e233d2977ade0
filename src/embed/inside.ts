import type { Inspection, Model } from '../engine/index.ts';
import { formatProbability, showToken, VitrineError } from '../lib/index.ts';
import { make } from './alternatives.ts';
import { startIds } from './run.ts';
import { sharedSheet } from './style.ts';
import type { View } from './view.ts';

const styleText = `
.inside { margin-block-end: .75rem; font: 400 .9375rem/1.6 var(--serif); }
.head { margin-inline-start: .5rem; min-height: 2rem; border: 1px solid var(--line); border-radius: .35rem;
  color: var(--ink); background: transparent; font: 400 .8125rem var(--sans); }
.looked { max-height: 9em; margin: .25rem 0 .5rem; overflow-y: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.looked span { border-radius: .15rem; background: color-mix(in srgb, var(--tint) calc(var(--doubt) * 60%), transparent); }
p.label { margin: 0; color: var(--muted); font: 400 .8125rem/1.8 var(--sans); }
.layers { display: flex; flex-wrap: wrap; gap: .125rem 1.75rem; margin: 0; padding-inline-start: 1.25rem; }
.layers li { padding-inline-end: .25rem; font-size: .875rem; }
.layers li::marker { color: var(--muted); font: 400 .75rem var(--sans); }
`;

/** Comes with this file: most elements never need it. */
const style = sharedSheet(styleText);

/** The attention of one head from the last token over all before it. */
interface Head {
  layer: number;
  head: number;
  weights: Float32Array;
  /** Its greatest weight on a token that is neither the first, where idle heads rest, nor the last itself. */
  strength: number;
}

/** Every head of the last position, the strongest first. */
export function headsOf({ ids, attention = [] }: Pick<Inspection, 'ids' | 'attention'>): Head[] {
  const T = ids.length;
  const heads = attention.flatMap((layer, l) =>
    layer.map((pattern, h): Head => {
      const weights = pattern.slice((T - 1) * T, T * T);
      const strength = weights.slice(1, -1).reduce((most, weight) => Math.max(most, weight), 0);
      return { layer: l, head: h, weights, strength };
    }),
  );
  return heads.sort((a, b) => b.strength - a.strength);
}

/** Shows below the choices of the token at `index` what a head looked at before it, and what each layer would have said. */
export async function lookInside(model: Model, view: View, prompt: string, index: number): Promise<void> {
  if (model.dtype === 'remote')
    throw new VitrineError('invalid-argument', 'inside is not possible with a model on a server.');
  const token = view.tokens[index];
  const ids = startIds(model, { prompt, tokens: view.tokens.slice(0, index) });
  const read = ids.slice(-model.config.nPositions);
  const inspection = await model.inspect(read, { attention: true, logitLens: { top: 1 } });
  // Another word may have been chosen meanwhile.
  if (!token || view.token !== token) return;
  const root = make('section', 'inside', { 'aria-label': 'Inside the model' });
  const texts = read.map((id) => model.decode([id]));
  root.append(...attentionOf(inspection, texts, token.text), ...layers(inspection));
  const { adoptedStyleSheets } = view.prompt.getRootNode() as ShadowRoot;
  if (!adoptedStyleSheets.includes(style())) adoptedStyleSheets.push(style());
  view.below(root);
}

function attentionOf(inspection: Inspection, texts: readonly string[], chosen: string): HTMLElement[] {
  const heads = headsOf(inspection);
  const label = make('label', 'label');
  const choice = make('select', 'head');
  for (const [index, { layer, head }] of heads.entries())
    choice.append(new Option(`layer ${layer}, head ${head}`, String(index)));
  label.append(`What a head looked at before ${JSON.stringify(chosen)}`, choice);
  const text = make('p', 'looked', { dir: 'auto' });
  const spans = texts.map((token) => {
    const span = document.createElement('span');
    span.textContent = token;
    return span;
  });
  text.append(...spans);
  const draw = () => shade(spans, heads[Number(choice.value)]);
  choice.addEventListener('change', draw);
  draw();
  return [label, text];
}

function shade(spans: readonly HTMLSpanElement[], head: Head | undefined): void {
  const most = Math.max(1e-6, head?.strength ?? 0, head?.weights.at(-1) ?? 0);
  for (const [index, span] of spans.entries()) {
    const weight = head?.weights[index] ?? 0;
    span.style.setProperty('--doubt', Math.min(1, weight / most).toFixed(3));
    span.title = formatProbability(weight);
  }
}

/** The likeliest next token as each layer leaves it. */
function layers({ logitLens = [] }: Inspection): HTMLElement[] {
  const title = make('p', 'label');
  title.textContent = 'What each layer would have written';
  const list = make('ol', 'layers', { start: '0' });
  for (const positions of logitLens) {
    const best = positions.at(-1)?.[0];
    const item = document.createElement('li');
    const name = document.createElement('bdi');
    name.textContent = showToken(best?.text ?? '');
    item.append(name, ` ${formatProbability(best?.probability ?? 0)}`);
    list.append(item);
  }
  return [title, list];
}
