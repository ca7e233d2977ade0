import { formatBytes, formatProbability } from '../lib/index.ts';
import { type Alternative, Alternatives, make, type ShownToken } from './alternatives.ts';
import { sharedSheet, styleText } from './style.ts';

type Tone = 'plain' | 'wrong';

/** Callbacks for user actions. */
export interface ViewCallbacks {
  run(): void;
  stop(): void;
  /** Replaces the token at `index`. */
  take(index: number, alternative: Alternative): void;
  /** The token at `index` is looked at. */
  choose(index: number): void;
  /** URL of the same text on the site's page, computed when the link is used. */
  address(): string;
}

const style = sharedSheet(styleText);

/** The DOM of one element. Model output only becomes text nodes. */
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
  private readonly alternatives: Alternatives;
  private readonly progress = make('progress', 'progress', { max: '1', 'aria-label': 'Loading' });
  private readonly status = make('span', 'status', { role: 'status' });
  private readonly warning = make('p', 'warning', { role: 'note' });
  private readonly link = make('a', 'link', { target: '_blank', rel: 'noopener', title: 'Open in Vitrine' });
  private shown: { token: ShownToken; span: HTMLSpanElement }[] = [];
  private chosen = -1;
  private extra: HTMLElement | undefined;

  constructor(
    root: ShadowRoot,
    private readonly callbacks: ViewCallbacks,
  ) {
    root.adoptedStyleSheets = [style()];
    this.alternatives = new Alternatives((alternative) => callbacks.take(this.chosen, alternative));
    // A group, no landmark: a page may hold several.
    const frame = make('div', 'frame', { role: 'group', 'aria-label': 'Language model' });
    const label = make('label', 'label');
    label.append('Prompt', this.prompt);
    const row = make('div', 'row');
    this.run.textContent = 'Run';
    this.stop.textContent = 'Stop';
    this.link.textContent = 'Vitrine';
    row.append(this.run, this.stop, this.progress, this.status, this.link);
    frame.append(label, this.warning, this.output, this.alternatives.root, row);
    root.append(frame);
    this.listen(callbacks);
    this.busy(false);
    this.load(null);
  }

  private listen(callbacks: ViewCallbacks): void {
    this.run.addEventListener('click', () => callbacks.run());
    this.stop.addEventListener('click', () => callbacks.stop());
    this.prompt.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) callbacks.run();
      if (event.key === 'Escape') callbacks.stop();
    });
    const point = () => {
      this.link.href = callbacks.address();
    };
    for (const event of ['focus', 'pointerenter', 'click'] as const) this.link.addEventListener(event, point);
    point();
    this.output.addEventListener('click', ({ target }) =>
      this.choose(this.shown.findIndex(({ span }) => span === target)),
    );
    this.output.addEventListener('keydown', (event) => this.walk(event));
  }

  /** Arrow keys move between words; Escape clears the selection. */
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
    this.alternatives.show(found?.token);
    this.extra?.remove();
    if (found) this.callbacks.choose(index);
  }

  /** Shows an element below the choices until another word is chosen. */
  below(element: HTMLElement): void {
    this.extra?.remove();
    this.extra = element;
    this.alternatives.root.after(element);
  }

  /** Says on the button what Run has to fetch, where that is known; null once the model is here. */
  offer(model: string | null): void {
    const bytes = model === 'tiny-tales' ? Number(import.meta.env.VITE_BUNDLED_BYTES) : 0;
    this.run.textContent = bytes > 0 ? `Run (${formatBytes(bytes)})` : 'Run';
  }

  /** What a reader should know for as long as it holds; empty for nothing. */
  warn(text: string): void {
    this.warning.textContent = text;
    this.warning.hidden = text === '';
  }

  /** Shows the stop button instead of the run button during a run, and moves focus to the visible one. */
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

  /** Shows the prompt and the tokens already present. */
  begin(prompt: string, tokens: readonly ShownToken[] = []): void {
    const choosing = this.alternatives.root.contains((this.output.getRootNode() as ShadowRoot).activeElement);
    this.choose(-1);
    this.shown = [];
    this.output.replaceChildren(prompt);
    this.output.tabIndex = -1;
    for (const token of tokens) this.append(token, false);
    // The pressed button is gone: return focus to the words if the choice was made there.
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

  /** The token that is chosen. */
  get token(): ShownToken | undefined {
    return this.shown[this.chosen]?.token;
  }

  get text(): string {
    return this.output.textContent ?? '';
  }
}
