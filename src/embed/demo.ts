import type { LoadProgress, Model } from '../engine/index.ts';
import type { Alternative } from './alternatives.ts';
import type { VitrineDemoEvents } from './events.ts';
import { siteBase } from './library.ts';
import {
  type AttributeName,
  attributeNames,
  autoload,
  generateOptions,
  isRemoteAllowed,
  loadOptions,
  pageAddress,
} from './options.ts';
import { progressText } from './progress.ts';
import { adopt, propertyNames, reflect } from './reflect.ts';
import { generateAll, ModelLease, type Start, untilAborted } from './run.ts';
import type { VitrineDemoSettings } from './settings.ts';
import { View } from './view.ts';

/** Base class that keeps the module importable on a server, without a DOM. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

const defaultModel = 'tiny-tales';
const defaultPrompt = 'Once upon a time';

export interface VitrineDemo extends VitrineDemoSettings {}

/**
 * `<vitrine-demo>`: a prompt and a model that continues it. Before activation it downloads nothing and requests
 * no adapter. Events, all bubbling: `ready`, `token`, `take`, `done`, `error`, each with a `detail`.
 *
 * @csspart frame - all of it
 * @csspart label - names of fields
 * @csspart prompt - the field for the prompt
 * @csspart warning - says that the text leaves the page
 * @csspart output - the text
 * @csspart token - a word of the text
 * @csspart recorded - a word of a recorded text, beside `token`
 * @csspart choices - the list of what else could stand there
 * @csspart choice - one of them
 * @csspart bar - its probability
 * @csspart row - buttons and status
 * @csspart run - the button
 * @csspart stop - the button
 * @csspart progress - the bar while a model loads
 * @csspart status - the line that says what happens
 * @csspart link - leads to the same text on the site's own page
 * @csspart inside - what went on inside before the chosen word
 * @csspart head - the choice of an attention head
 * @csspart looked - the text as that head looked at it
 * @csspart layers - what each layer would have written
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the properties are defined from the attribute names below.
export class VitrineDemo extends Base {
  static readonly observedAttributes: readonly string[] = attributeNames;
  private view: View | undefined;
  private readonly lease = new ModelLease();
  private running: AbortController | undefined;
  private watcher: IntersectionObserver | undefined;
  /** The prompt of the text that is shown. */
  private begun = '';
  private ran = false;
  private loaded: Model | undefined;

  /** Content of the prompt field; initialised from the attribute. */
  get prompt(): string {
    return this.view?.prompt.value ?? this.getAttribute('prompt') ?? defaultPrompt;
  }

  set prompt(text: string | null | undefined) {
    if (text === null || text === undefined) this.removeAttribute('prompt');
    else this.setAttribute('prompt', text);
  }

  /** The prompt and output of the last run. */
  get text(): string {
    return this.view?.text ?? '';
  }

  connectedCallback(): void {
    if (!this.view) this.draw();
    const when = autoload(this.read);
    if (when === 'now') void this.generate();
    if (when === 'visible') this.generateOnceSeen();
  }

  disconnectedCallback(): void {
    this.watcher?.disconnect();
    this.watcher = undefined;
    // A moved element is reconnected before this runs.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.stop();
      this.loaded = undefined;
      this.lease.release();
    });
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (name === 'prompt' && this.view) this.view.prompt.value = value ?? defaultPrompt;
    if (['model', 'server', 'allow-remote'].includes(name) && !this.ran) this.invite();
  }

  private readonly read = (name: AttributeName): string | null => this.getAttribute(name);

  private draw(): void {
    for (const name of propertyNames) adopt(this, name as keyof VitrineDemo);
    this.view = new View(this.shadowRoot ?? this.attachShadow({ mode: 'open' }), {
      run: () => void this.generate(),
      stop: () => this.stop(),
      take: (index, alternative) => void this.take(index, alternative),
      choose: (index) => void this.lookInside(index),
      address: () => pageAddress(siteBase(), this.prompt, this.read),
    });
    this.view.prompt.value = this.getAttribute('prompt') ?? defaultPrompt;
    this.invite();
  }

  private invite(): void {
    const { view } = this;
    const name = this.model ?? defaultModel;
    const server = this.server && isRemoteAllowed(this.read) ? this.server : '';
    view?.offer(this.server ? null : name);
    view?.warn(server && `Text leaves this page: Run sends it to ${server}`);
    view?.say(
      this.server
        ? `Run asks the model ${name} on a server.`
        : `Run loads the model ${name} into this page. Nothing is sent anywhere.`,
    );
  }

  private generateOnceSeen(): void {
    this.watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.watcher?.disconnect();
      void this.generate();
    });
    this.watcher.observe(this);
  }

  /** Loads the model if needed and generates from the prompt; stops a running generation first. Never rejects. */
  generate(): Promise<void> {
    return this.run({ prompt: this.prompt, tokens: [] });
  }

  /** Replaces the token at `index` and continues from there. */
  private take(index: number, alternative: Alternative): Promise<void> {
    const before = this.view?.tokens ?? [];
    const alternatives: readonly Alternative[] = before[index]?.alternatives ?? [];
    this.emit('take', { index, id: alternative.id, text: alternative.text });
    return this.run({
      prompt: this.begun,
      tokens: [...before.slice(0, index), { ...alternative, alternatives }],
    });
  }

  private async run(start: Start): Promise<void> {
    const { view } = this;
    if (!view) return;
    this.stop();
    const run = new AbortController();
    this.running = run;
    this.ran = true;
    this.begun = start.prompt;
    view.busy(true);
    try {
      await this.runOnce(view, start, run.signal);
    } catch (error) {
      if (!run.signal.aborted) this.fail(view, error);
    } finally {
      if (this.running === run) {
        this.running = undefined;
        view.busy(false);
        view.load(null);
      }
    }
  }

  private async runOnce(view: View, start: Start, signal: AbortSignal): Promise<void> {
    const { prompt, tokens } = start;
    view.begin(prompt, tokens);
    const options = generateOptions(this.read);
    const model = await this.arrived(view, start, signal);
    view.load(null);
    this.loaded = model;
    view.offer(null);
    const adapter = model.dtype === 'remote' ? null : model.adapter;
    this.emit('ready', { model: model.id, dtype: model.dtype, adapter });
    view.say('Writing');
    view.begin(prompt, tokens);
    const begun = performance.now();
    const finished = await generateAll(model, start, { ...options, signal }, (token) => {
      if (signal.aborted) return;
      view.append(token, false);
      this.emit('token', token);
    });
    if (this.running && this.running.signal !== signal) return;
    const written = finished.tokens - tokens.length;
    const rate = ((1000 * written) / (performance.now() - begun)).toFixed(1);
    const stopped = finished.finishReason === 'aborted' ? 'Stopped. ' : '';
    view.say(`${stopped}${written} tokens, ${rate} a second. Choose a word to see what else was likely.`);
    this.emit('done', finished);
  }

  /** Loads the model; plays a recorded answer meanwhile. */
  private async arrived(view: View, { prompt, tokens }: Start, signal: AbortSignal): Promise<Model> {
    const source = this.model ?? defaultModel;
    view.say('Loading the model');
    const waiting = new AbortController();
    const aborted = AbortSignal.any([signal, waiting.signal]);
    let label = '';
    const loading = this.lease.model(source, loadOptions(this.read), (p) =>
      this.progress(view, p, label, aborted),
    );
    // A pinned seed promises a specific text, which a recording could be mistaken for.
    if (tokens.length === 0 && this.read('seed') === null && !this.server)
      void import('./recorded.ts').then(async ({ findRecording, play }) => {
        const found = await findRecording(source, prompt, aborted);
        if (!found || aborted.aborted) return;
        label = 'Recorded example. ';
        view.say(`${label}Loading the model`);
        await play(found, view, aborted);
      });
    return untilAborted(loading, signal).finally(() => waiting.abort());
  }

  private progress(view: View, progress: LoadProgress, label: string, signal: AbortSignal): void {
    if (signal.aborted) return;
    const { loadedBytes, totalBytes } = progress;
    view.load(totalBytes > 0 ? Math.min(1, loadedBytes / totalBytes) : 0);
    view.say(label + progressText(progress));
  }

  /** Shows what went on inside before the token at `index`, where the element is to show that. */
  private async lookInside(index: number): Promise<void> {
    const { view, loaded, begun: prompt } = this;
    const wanted = this.read('inside');
    if (!view || !loaded || this.running || wanted === null || wanted === 'false') return;
    try {
      const { lookInside } = await import('./inside.ts');
      await lookInside(loaded, view, prompt, index);
    } catch (error) {
      if (this.loaded === loaded) this.fail(view, error);
    }
  }

  private fail(view: View, error: unknown): void {
    const code = (error as { code?: string }).code ?? null;
    const message = error instanceof Error ? error.message : String(error);
    view.say(message, 'wrong');
    this.emit('error', { code, message });
  }

  /** Stops the current run, if any. */
  stop(): void {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    running.abort();
    this.view?.busy(false);
    this.view?.load(null);
    this.view?.say('Stopped');
  }

  private emit<Name extends keyof VitrineDemoEvents>(type: Name, detail: VitrineDemoEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

reflect(VitrineDemo.prototype);
