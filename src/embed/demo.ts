import type { LoadProgress } from '../engine/index.ts';
import {
  type AttributeName,
  attributeNames,
  autoload,
  generateOptions,
  loadOptions,
  propertyName,
  type Theme,
} from './options.ts';
import { play } from './player.ts';
import { findRecording } from './recording.ts';
import { generateAll, Hold } from './run.ts';
import { View } from './view.ts';

/** Where there is no DOM, on a server, importing the element must still be possible. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

const defaultModel = 'tiny-tales';
const defaultPrompt = 'Once upon a time';

/** Set by the attribute or the property; both are one. */
export interface VitrineDemo {
  model: string | null;
  maxNewTokens: string | number | null;
  temperature: string | number | null;
  topK: string | number | null;
  topP: string | number | null;
  minP: string | number | null;
  repetitionPenalty: string | number | null;
  seed: string | number | null;
  autoload: string | null;
  theme: Theme | null;
  hub: string | null;
  dtype: string | null;
}

/**
 * `<vitrine-demo>`: a prompt and a model that goes on from it. Before it is activated it downloads nothing and asks
 * for no adapter. Events, all bubbling: `ready`, `token`, `done`, `error`, each with a `detail`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the properties are defined from the attribute names below.
export class VitrineDemo extends Base {
  static readonly observedAttributes: readonly string[] = attributeNames;
  private view: View | undefined;
  private readonly hold = new Hold();
  private running: AbortController | undefined;
  private watcher: IntersectionObserver | undefined;

  /** What the visitor sees in the prompt field; the attribute is where it starts from. */
  get prompt(): string {
    return this.view?.prompt.value ?? this.getAttribute('prompt') ?? defaultPrompt;
  }

  set prompt(text: string | null) {
    if (text === null) this.removeAttribute('prompt');
    else this.setAttribute('prompt', text);
  }

  /** The prompt of the last run and what came after it. */
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
    // An element that is only moved is connected again before this runs.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.stop();
      this.hold.release();
    });
  }

  attributeChangedCallback(name: string, _before: string | null, value: string | null): void {
    if (name === 'prompt' && this.view) this.view.prompt.value = value ?? defaultPrompt;
  }

  private readonly read = (name: AttributeName): string | null => this.getAttribute(name);

  private draw(): void {
    const view = new View(this.shadowRoot ?? this.attachShadow({ mode: 'open' }));
    view.prompt.value = this.getAttribute('prompt') ?? defaultPrompt;
    view.run.addEventListener('click', () => void this.generate());
    view.stop.addEventListener('click', () => this.stop());
    view.prompt.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void this.generate();
      if (event.key === 'Escape') this.stop();
    });
    view.say(`Run loads the model ${this.model ?? defaultModel} into this page. Nothing is sent anywhere.`);
    this.view = view;
  }

  private generateOnceSeen(): void {
    this.watcher = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.watcher?.disconnect();
      void this.generate();
    });
    this.watcher.observe(this);
  }

  /** Loads the model if need be and generates from the prompt; ends a run that is under way. Never rejects. */
  async generate(): Promise<void> {
    const { view } = this;
    if (!view) return;
    this.stop();
    const run = new AbortController();
    this.running = run;
    view.busy(true);
    try {
      await this.runOnce(view, run.signal);
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

  private async runOnce(view: View, signal: AbortSignal): Promise<void> {
    const source = this.model ?? defaultModel;
    const { prompt } = this;
    view.say('Loading the model');
    view.begin(prompt);
    const waiting = new AbortController();
    const aborted = AbortSignal.any([signal, waiting.signal]);
    const loading = this.hold.model(source, loadOptions(this.read), (p) => this.progress(view, p, aborted));
    void findRecording(source, prompt, aborted).then((found) => found && play(found, view, aborted));
    const model = await untilAborted(loading, signal).finally(() => waiting.abort());
    view.load(null);
    this.emit('ready', { model: model.id, dtype: model.dtype, adapter: model.adapter });
    view.say('Writing');
    view.begin(prompt);
    const begun = performance.now();
    const finished = await generateAll(model, prompt, { ...generateOptions(this.read), signal }, (token) => {
      if (signal.aborted) return;
      view.append(token, false);
      this.emit('token', token);
    });
    if (this.running && this.running.signal !== signal) return;
    const seconds = (performance.now() - begun) / 1000;
    const stopped = finished.finishReason === 'aborted' ? 'Stopped. ' : '';
    view.say(`${stopped}${finished.tokens} tokens, ${(finished.tokens / seconds).toFixed(1)} a second`);
    this.emit('done', finished);
  }

  private progress(view: View, { phase, loadedBytes, totalBytes }: LoadProgress, signal: AbortSignal): void {
    if (signal.aborted) return;
    view.load(totalBytes > 0 ? Math.min(1, loadedBytes / totalBytes) : 0);
    const size = totalBytes > 0 ? ` of ${(totalBytes / 1e6).toFixed(1)} MB` : '';
    view.say(phase === 'ready' ? 'Writing' : `Loading the model${size}`);
  }

  private fail(view: View, error: unknown): void {
    const code = (error as { code?: string }).code ?? null;
    const message = error instanceof Error ? error.message : String(error);
    view.say(message, 'wrong');
    this.emit('error', { code, message });
  }

  /** Ends the run that is under way, if any. */
  stop(): void {
    const { running } = this;
    if (!running) return;
    this.running = undefined;
    running.abort();
    this.view?.busy(false);
    this.view?.load(null);
    this.view?.say('Stopped');
  }

  private emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }
}

/** The promise, or a rejection once the signal fires; what it awaited goes on for others who share it. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    promise.then(resolve, reject);
  });
}

for (const attribute of attributeNames) {
  if (attribute === 'prompt') continue;
  Object.defineProperty(VitrineDemo.prototype, propertyName(attribute), {
    configurable: true,
    enumerable: true,
    get(this: VitrineDemo) {
      return this.getAttribute(attribute);
    },
    set(this: VitrineDemo, value: string | number | null | undefined) {
      if (value === null || value === undefined) this.removeAttribute(attribute);
      else this.setAttribute(attribute, String(value));
    },
  });
}
