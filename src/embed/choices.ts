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

export function percent(logprob: number): string {
  const value = 100 * Math.exp(logprob);
  return value < 0.01 ? '<0.01 %' : `${value.toPrecision(value < 1 ? 1 : value < 99.5 ? 2 : 3)} %`;
}

/** A token's text with its spaces and line ends made visible. */
const visible = (text: string) => text.replaceAll('\n', '↵').replaceAll(' ', '·');

/** What else could have stood in the place of one token: a bar each, and a button that writes it there. */
export class Choices {
  readonly root = make('ul', 'choices', { 'aria-label': 'What could stand here' });

  constructor(private readonly onTake: (choice: Choice) => void) {
    this.show(undefined);
  }

  /** Shows the likeliest tokens of a place, the written one among them; nothing for undefined. */
  show(token: ShownToken | undefined): void {
    this.root.hidden = !token;
    const others = (token?.alternatives ?? []).filter((other) => other.text !== token?.text);
    const all = (token ? [token, ...others] : []).sort((a, b) => b.logprob - a.logprob);
    const most = Math.exp(all[0]?.logprob ?? 0);
    this.root.replaceChildren(...all.map((choice) => this.row(choice, choice === token, most)));
  }

  private row(choice: Choice, written: boolean, most: number): HTMLLIElement {
    const button = make('button', 'choice', { type: 'button' });
    const share = percent(choice.logprob);
    const say = `${JSON.stringify(choice.text)}, ${share}`;
    button.setAttribute('aria-label', written ? `${say}, as written` : `Write ${say}`);
    if (written) button.setAttribute('aria-current', 'true');
    button.disabled = !written && choice.id === undefined;
    button.addEventListener('click', () => written || this.onTake(choice));
    const name = document.createElement('bdi');
    name.textContent = visible(choice.text);
    const bar = make('span', 'bar');
    bar.style.setProperty('--share', (Math.exp(choice.logprob) / most).toFixed(3));
    button.append(name, bar, share);
    const item = document.createElement('li');
    item.append(button);
    return item;
  }
}
