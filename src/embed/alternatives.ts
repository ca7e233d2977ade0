import { formatProbability, showToken } from '../lib/index.ts';

/** A candidate token for a position. Recorded ones have no id, so they can be shown but not chosen. */
export interface Alternative {
  id?: number;
  text: string;
  /** Natural log of its probability. */
  logprob: number;
}

/** A token as it is shown: recorded and fresh ones alike. */
export interface ShownToken extends Alternative {
  alternatives: readonly Alternative[];
}

/** Creates an element whose class and `part` are both `name`. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  part: string,
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.setAttribute('part', part);
  element.className = part;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Byte tokens of one character have the same text, so tokens are compared by id; recorded ones, without id, by text. */
const same = (a: Alternative, b: Alternative | undefined) =>
  a.id === undefined ? a.text === b?.text : a.id === b?.id;

/** The alternatives for one token: each with a bar, and a button that replaces the token. */
export class Alternatives {
  readonly root = make('ul', 'choices', { 'aria-label': 'What could stand here' });

  constructor(private readonly onTake: (alternative: Alternative) => void) {
    this.show(undefined);
  }

  /** Shows the likeliest tokens for a position, including the chosen one; hides the list for undefined. */
  show(token: ShownToken | undefined): void {
    this.root.hidden = !token;
    const others = (token?.alternatives ?? []).filter((other) => !same(other, token));
    const all = (token ? [token, ...others] : []).sort((a, b) => b.logprob - a.logprob);
    const most = Math.exp(all[0]?.logprob ?? 0);
    this.root.replaceChildren(
      ...all.map((alternative) => this.row(alternative, alternative === token, most)),
    );
  }

  private row(alternative: Alternative, written: boolean, most: number): HTMLLIElement {
    const button = make('button', 'choice', { type: 'button' });
    const probability = Math.exp(alternative.logprob);
    const share = formatProbability(probability);
    const say = `${JSON.stringify(alternative.text)}, ${share}`;
    button.setAttribute('aria-label', written ? `${say}, as written` : `Write ${say}`);
    if (written) button.setAttribute('aria-current', 'true');
    button.disabled = !written && alternative.id === undefined;
    button.addEventListener('click', () => written || this.onTake(alternative));
    const name = document.createElement('bdi');
    name.textContent = showToken(alternative.text);
    const bar = make('span', 'bar');
    bar.style.setProperty('--share', (probability / most).toFixed(3));
    button.append(name, bar, share);
    const item = document.createElement('li');
    item.append(button);
    return item;
  }
}
