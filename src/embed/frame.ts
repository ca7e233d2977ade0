import { define } from './define.ts';
import type { VitrineDemo } from './demo.ts';
import { setBase } from './library.ts';
import { frameNames, propertyName } from './options.ts';
import { allowedOrigins, type FrameCommand, type FrameEvent, readCommand, settable } from './protocol.ts';

const eventNames = ['ready', 'token', 'take', 'done', 'error'] as const;

/** Attributes from the query, in attribute spelling or the library's camel case. */
function fromQuery(demo: VitrineDemo, query: URLSearchParams): void {
  for (const name of frameNames) {
    const values = [name, propertyName(name)]
      .map((each) => query.getAll(each))
      .find(({ length }) => length > 0);
    // Only strings to stop at may be several.
    if (values) demo.setAttribute(name, name === 'stop' ? values.join('\n') : (values[0] as string));
  }
}

/** `<meta name="vitrine-parents" content="https://a.example https://b.example">`, the list of the site itself. */
function siteList(): string[] {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="vitrine-parents"]');
  return (meta?.content ?? '').split(/\s+/).filter((origin) => origin !== '');
}

function obey(demo: VitrineDemo, command: FrameCommand): string | undefined {
  if (command.type === 'generate') void demo.generate();
  if (command.type === 'stop') demo.stop();
  if (command.type !== 'set') return undefined;
  for (const [name, value] of Object.entries(command.values)) {
    if (!settable.includes(name)) return `"${name}" cannot be set from outside.`;
    if (value === null) demo.removeAttribute(name);
    else demo.setAttribute(name, String(value));
  }
  return undefined;
}

/** Posts a message to the parent. Unlisted parents receive only the height, which reveals none of the text. */
function speaker(allowed: ReadonlySet<string>) {
  return (event: FrameEvent) => {
    if (window.parent === window) return;
    if (event.type === 'height') window.parent.postMessage(event, '*');
    else for (const origin of allowed) window.parent.postMessage(event, origin);
  };
}

function listen(demo: VitrineDemo, allowed: ReadonlySet<string>): void {
  addEventListener('message', ({ data, origin, source }: MessageEvent<unknown>) => {
    if (source !== window.parent || !allowed.has(origin)) return;
    const command = readCommand(data);
    if (!command) return;
    const why = obey(demo, command);
    if (command.id === undefined) return;
    const answer = { vitrine: 1, type: 'answer', id: command.id, ok: why === undefined, why } as const;
    window.parent.postMessage(answer, origin);
  });
}

/** Fills the page with one element configured by the query, and handles messages of the parent. */
export function startFrame(search = location.search): VitrineDemo {
  setBase(document.baseURI);
  define();
  const query = new URLSearchParams(search);
  const demo = document.createElement('vitrine-demo') as VitrineDemo;
  fromQuery(demo, query);
  document.documentElement.dataset.theme = demo.theme ?? 'auto';
  const allowed = allowedOrigins(query.getAll('parent'), siteList());
  const tell = speaker(allowed);
  for (const type of eventNames)
    demo.addEventListener(type, (event) =>
      tell({ vitrine: 1, type, detail: (event as CustomEvent<unknown>).detail }),
    );
  listen(demo, allowed);
  document.body.append(demo);
  new ResizeObserver(() => tell({ vitrine: 1, type: 'height', height: demo.offsetHeight })).observe(demo);
  return demo;
}
