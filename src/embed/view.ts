import { formatProbability } from '../lib/index.ts';
import { type Choice, Choices, make, type ShownToken } from './choices.ts';
import { styleText } from './style.ts';

type Tone = 'plain' | 'wrong';

/** What a visitor does, told to the element. */
export interface Wishes {
  run(): void;
  stop(): void;
  /** Another token in the place of the one at `index`. */
  take(index: number, choice: Choice): void;
  /** Where the same text is on the site's own page, asked for when the link is used. */
  address(): string;
}

let sheet: CSSStyleSheet | undefined;

function sharedSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styleText);
  }
  return sheet;
}

/** Everything visible of one element. Model text only ever becomes text nodes. */
export class View {
  readonly prompt = make('textarea', 'prompt', { rows: '1', spellcheck: 'false', dir: 'auto' });
  private readonly run = make('button', 'run', { type: 'button' });
  private readonly stop = make('button', 'stop', { type: 'button' });
  private readonly output = make('div', 'output', {
    role: 'log',
    dir: 'auto',
    'aria-live': 'off',
    'aria-label': 'Text; arrow keys choose a word',
  });
  private readonly choices: Choices;
  private readonly progress = make('progress', 'progress', { max: '1', 'aria-label': 'Loading' });
  private readonly status = make('span', 'status', { role: 'status' });
  private readonly link = make('a', 'link', { target: '_blank', rel: 'noopener', title: 'Open in Vitrine' });
  private shown: { token: ShownToken; span: HTMLSpanElement }[] = [];
  private chosen = -1;

  constructor(root: ShadowRoot, wishes: Wishes) {
    root.adoptedStyleSheets = [sharedSheet()];
    this.choices = new Choices((choice) => wishes.take(this.chosen, choice));
    // A group, no landmark: a page may hold several.
    const frame = make('div', 'frame', { role: 'group', 'aria-label': 'Language model' });
    const label = make('label', 'label');
    label.append('Prompt', this.prompt);
    const row = make('div', 'row');
    this.run.textContent = 'Run';
    this.stop.textContent = 'Stop';
    this.link.textContent = 'Vitrine';
    row.append(this.run, this.stop, this.progress, this.status, this.link);
    frame.append(label, this.output, this.choices.root, row);
    root.append(frame);
    this.listen(wishes);
    this.busy(false);
    this.load(null);
  }

  private listen(wishes: Wishes): void {
    this.run.addEventListener('click', () => wishes.run());
    this.stop.addEventListener('click', () => wishes.stop());
    this.prompt.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) wishes.run();
      if (event.key === 'Escape') wishes.stop();
    });
    const point = () => {
      this.link.href = wishes.address();
    };
    for (const event of ['focus', 'pointerenter', 'click'] as const) this.link.addEventListener(event, point);
    point();
    this.output.addEventListener('click', ({ target }) =>
      this.choose(this.shown.findIndex(({ span }) => span === target)),
    );
    this.output.addEventListener('keydown', (event) => this.walk(event));
  }

  /** Arrow keys go from word to word; Escape lets go. */
  private walk(event: KeyboardEvent): void {
    const last = this.shown.length - 1;
    const to: Record<string, number> = {
      ArrowRight: Math.min(this.chosen + 1, last),
      ArrowLeft: this.chosen < 0 ? last : Math.max(this.chosen - 1, 0),
      Home: 0,
      End: last,
      Escape: -1,
    };
    const next = to[event.key];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.choose(next);
  }

  private choose(index: number): void {
    this.shown[this.chosen]?.span.removeAttribute('aria-current');
    this.chosen = index;
    const found = this.shown[index];
    found?.span.setAttribute('aria-current', 'true');
    this.choices.show(found?.token);
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

  /** A text of the prompt and tokens that stand already. */
  begin(prompt: string, tokens: readonly ShownToken[] = []): void {
    const choosing = this.choices.root.contains((this.output.getRootNode() as ShadowRoot).activeElement);
    this.choose(-1);
    this.shown = [];
    this.output.replaceChildren(prompt);
    this.output.tabIndex = -1;
    for (const token of tokens) this.append(token, false);
    // The button that was pressed is gone; who chose among the words goes on there.
    if (choosing) this.output.focus();
  }

  append(token: ShownToken, recorded: boolean): void {
    const { text, logprob } = token;
    const span = document.createElement('span');
    span.setAttribute('part', recorded ? 'token recorded' : 'token');
    if (recorded) span.className = 'recorded';
    span.style.setProperty('--doubt', (1 - Math.exp(logprob)).toFixed(3));
    span.title = formatProbability(Math.exp(logprob));
    span.textContent = text;
    this.shown.push({ token, span });
    this.output.append(span);
    this.output.tabIndex = 0;
  }

  /** The tokens that are shown, in their order. */
  get tokens(): ShownToken[] {
    return this.shown.map(({ token }) => token);
  }

  get text(): string {
    return this.output.textContent ?? '';
  }
}
