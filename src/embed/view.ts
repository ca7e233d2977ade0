import type { TokenAlternative } from '../engine/index.ts';
import { styleText } from './style.ts';

/** A token as it is shown: recorded and fresh ones alike. */
export interface ShownToken {
  text: string;
  logprob: number;
  alternatives: Pick<TokenAlternative, 'text' | 'logprob'>[];
}

type Tone = 'plain' | 'wrong';

function make<Tag extends keyof HTMLElementTagNameMap>(
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

let sheet: CSSStyleSheet | undefined;

function sharedSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styleText);
  }
  return sheet;
}

const percent = (logprob: number) => `${(100 * Math.exp(logprob)).toPrecision(2)}%`;

/** Everything visible of one element. Model text only ever becomes text nodes. */
export class View {
  readonly prompt = make('textarea', 'prompt', { rows: '1', spellcheck: 'false' });
  readonly run = make('button', 'run', { type: 'button' });
  readonly stop = make('button', 'stop', { type: 'button' });
  private readonly output = make('div', 'output', { role: 'log', 'aria-live': 'off', 'aria-label': 'Text' });
  private readonly progress = make('progress', 'progress', { max: '1', 'aria-label': 'Loading' });
  private readonly status = make('span', 'status', { role: 'status' });

  constructor(root: ShadowRoot) {
    root.adoptedStyleSheets = [sharedSheet()];
    // A group, no landmark: a page may hold several.
    const frame = make('div', 'frame', { role: 'group', 'aria-label': 'Language model' });
    const label = make('label', 'label');
    label.append('Prompt', this.prompt);
    const row = make('div', 'row');
    this.run.textContent = 'Run';
    this.stop.textContent = 'Stop';
    row.append(this.run, this.stop, this.progress, this.status);
    frame.append(label, this.output, row);
    root.append(frame);
    this.busy(false);
    this.load(null);
  }

  /** While something runs there is a stop button in place of the run button; focus stays on the one that is there. */
  busy(busy: boolean): void {
    const root = this.run.getRootNode() as ShadowRoot;
    const focused = root.activeElement === this.run || root.activeElement === this.stop;
    this.run.hidden = busy;
    this.stop.hidden = !busy;
    if (focused) (busy ? this.stop : this.run).focus();
  }

  /** Share loaded, 0 to 1; null hides the bar. */
  load(share: number | null): void {
    this.progress.hidden = share === null;
    if (share !== null) this.progress.value = share;
  }

  say(text: string, tone: Tone = 'plain'): void {
    this.status.textContent = text;
    this.status.classList.toggle('wrong', tone === 'wrong');
  }

  begin(prompt: string): void {
    this.output.replaceChildren(prompt);
  }

  append({ text, logprob, alternatives }: ShownToken, recorded: boolean): void {
    const span = document.createElement('span');
    span.setAttribute('part', recorded ? 'token recorded' : 'token');
    if (recorded) span.className = 'recorded';
    span.style.setProperty('--doubt', (1 - Math.exp(logprob)).toFixed(3));
    const others = alternatives.map((other) => `${JSON.stringify(other.text)} ${percent(other.logprob)}`);
    span.title = [percent(logprob), ...others].join('\n');
    span.textContent = text;
    this.output.append(span);
  }

  get text(): string {
    return this.output.textContent ?? '';
  }
}
