import { formatProbability, showToken } from '../lib/index.ts';

/** A token that could stand somewhere. Recorded ones have no id: they can be looked at, not taken. */
export interface Choice {
  id?: number;
  text: string;
  /** Natural log of its probability. */
  logprob: number;
}

/** A token as it is shown: recorded and fresh ones alike. */
export interface ShownToken extends Choice {
  alternatives: readonly Choice[];
}

/** A new element that is its own part, by the same name. */
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

/** Pieces of one character look alike: only recorded tokens, which have no id, are told apart by their text. */
const same = (a: Choice, b: Choice | undefined) => (a.id === undefined ? a.text === b?.text : a.id === b?.id);

/** What else could have stood in the place of one token: a bar each, and a button that writes it there. */
export class Choices {
  readonly root = make('ul', 'choices', { 'aria-label': 'What could stand here' });

  constructor(private readonly onTake: (choice: Choice) => void) {
    this.show(undefined);
  }

  /** Shows the likeliest tokens of a place, the written one among them; nothing for undefined. */
  show(token: ShownToken | undefined): void {
    this.root.hidden = !token;
    const others = (token?.alternatives ?? []).filter((other) => !same(other, token));
    const all = (token ? [token, ...others] : []).sort((a, b) => b.logprob - a.logprob);
    const most = Math.exp(all[0]?.logprob ?? 0);
    this.root.replaceChildren(...all.map((choice) => this.row(choice, choice === token, most)));
  }

  private row(choice: Choice, written: boolean, most: number): HTMLLIElement {
    const button = make('button', 'choice', { type: 'button' });
    const probability = Math.exp(choice.logprob);
    const share = formatProbability(probability);
    const say = `${JSON.stringify(choice.text)}, ${share}`;
    button.setAttribute('aria-label', written ? `${say}, as written` : `Write ${say}`);
    if (written) button.setAttribute('aria-current', 'true');
    button.disabled = !written && choice.id === undefined;
    button.addEventListener('click', () => written || this.onTake(choice));
    const name = document.createElement('bdi');
    name.textContent = showToken(choice.text);
    const bar = make('span', 'bar');
    bar.style.setProperty('--share', (probability / most).toFixed(3));
    button.append(name, bar, share);
    const item = document.createElement('li');
    item.append(button);
    return item;
  }
}
