type Modifier = 'Alt' | 'Control' | 'Shift';
export type Key = 'ArrowDown' | 'End' | 'Enter' | 'Escape' | 'Tab';
export type KeyCombination = Key | `${Modifier}+${Key}`;

/** `Alt+ArrowDown` as its modifier and its key. */
export function splitKeys(keys: KeyCombination): { modifier?: Modifier; key: Key } {
  const [first, second] = keys.split('+') as [Modifier, Key] | [Key];
  return second ? { modifier: first as Modifier, key: second } : { key: first as Key };
}

/**
 * One window of a browser, driven the same way in every engine. Functions given to `evaluate` run in the page:
 * they see their arguments (JSON) and nothing else of the caller's scope.
 */
export interface TestPage {
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  evaluate<Args extends unknown[], T>(run: (...args: Args) => T | Promise<T>, ...args: Args): Promise<T>;
  /** Clicks the middle of the first element that a CSS selector matches, with the browser's own mouse. */
  click(selector: string): Promise<void>;
  /** Types into the element that has the focus. */
  type(text: string): Promise<void>;
  /** Presses a key, with modifiers before it: `Escape`, `Alt+ArrowDown`. */
  press(keys: KeyCombination): Promise<void>;
  /** PNG of the viewport. */
  screenshot(): Promise<Uint8Array>;
}

/** A browser that the tests started, with one window and an empty profile. */
export interface TestBrowser {
  /** Engine and version, such as `firefox/153.0`. */
  readonly version: string;
  readonly page: TestPage;
  close(): Promise<void>;
}

/**
 * Source text of a call, whose value is the JSON of the function's value: drivers differ in how deep an object they
 * hand over. The text and not the function crosses to the browser, with `__name` beside it: esbuild, which runs the
 * tools, puts calls of it into functions.
 */
export function callText(run: (...args: never[]) => unknown, args: unknown[]): string {
  const call = `(${run})(...${JSON.stringify(args)})`;
  return `(async () => { const __name = (it) => it; return JSON.stringify(await ${call}); })()`;
}

/** The value of a call from its JSON; undefined has none. */
export function parseValue<T>(json: unknown): T {
  return (typeof json === 'string' ? JSON.parse(json) : undefined) as T;
}
