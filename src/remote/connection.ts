import { VitrineError, type VitrineErrorCode } from '../lib/index.ts';
import { errorTextOf, textOf } from './body.ts';
import { checkedBase, checkedMaxBytes, type RemoteOptions } from './options.ts';
import { errorMessage } from './shapes.ts';
import { Watchdog } from './watchdog.ts';

const firstWaitMs = 500;
const mostWaitMs = 20_000;

/** Requests to one server: key, retries, time-outs, and errors by name. */
export class Connection {
  readonly #key: string | undefined;
  readonly #base: URL;
  readonly #retries: number;
  readonly #timeoutMs: number;
  /** Most bytes of one answer. */
  readonly maxAnswerBytes: number;

  constructor(options: RemoteOptions) {
    this.#base = checkedBase(options);
    this.#key = options.apiKey;
    this.#retries = options.retries ?? 3;
    this.#timeoutMs = options.timeoutMs ?? 60_000;
    this.maxAnswerBytes = checkedMaxBytes(options);
  }

  /** What is shown of the server in errors. */
  get name(): string {
    return this.#base.host;
  }

  watchdog(signal: AbortSignal | undefined): Watchdog {
    return new Watchdog(this.#timeoutMs, this.name, signal);
  }

  /** Address under the API's, or under the server's root. */
  url(path: string, root = false): URL {
    return new URL(path, root ? new URL(this.#base.href.replace(/\/v1\/$/, '/')) : this.#base);
  }

  /**
   * The body has to be there within the time-out, so that one that drips in byte by byte ends too.
   * @throws VitrineError as {@link send} and `integrity` for what is too long or no JSON object
   */
  async json(
    url: URL,
    body: object | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Record<string, unknown>> {
    const watchdog = this.watchdog(signal);
    try {
      const response = await this.send(url, body, watchdog);
      const value: unknown = JSON.parse(await textOf(response, this.name, this.maxAnswerBytes));
      if (typeof value === 'object' && value !== null && !Array.isArray(value))
        return value as Record<string, unknown>;
      throw new Error('It is no object.');
    } catch (cause) {
      throw watchdog.explain(cause, (error) =>
        error instanceof TypeError
          ? new VitrineError('network', `The answer of ${this.name} ended in the middle.`, { cause })
          : new VitrineError(
              'integrity',
              `${this.name} answered ${url.pathname} with something that is no JSON object.`,
              { cause },
            ),
      );
    } finally {
      watchdog.stop();
    }
  }

  /**
   * Sends a request, again after 429 and 503.
   * @throws VitrineError `network`, `aborted`, or the code of the answer's status
   */
  async send(url: URL, body: object | undefined, watchdog: Watchdog): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const response = await this.#fetch(url, body, watchdog);
      watchdog.touch();
      if (response.ok) return response;
      const busy = response.status === 429 || response.status === 503;
      if (!busy || attempt >= this.#retries) throw await this.#failure(response);
      await response.body?.cancel();
      await watchdog.pause(waitOf(response, attempt));
    }
  }

  async #fetch(url: URL, body: object | undefined, watchdog: Watchdog): Promise<Response> {
    const headers = new Headers(body && { 'Content-Type': 'application/json' });
    if (this.#key !== undefined) headers.set('Authorization', `Bearer ${this.#key}`);
    try {
      return await fetch(url, {
        method: body ? 'POST' : 'GET',
        headers,
        body: body && JSON.stringify(body),
        signal: watchdog.signal,
        // A redirect could lead the text and the key elsewhere.
        redirect: 'error',
        credentials: 'omit',
      });
    } catch (cause) {
      throw watchdog.explain(
        cause,
        () =>
          new VitrineError(
            'network',
            `${this.name} cannot be reached. Check that the server runs, and from a page that it allows this origin.`,
            { cause },
          ),
      );
    }
  }

  async #failure(response: Response): Promise<VitrineError> {
    const text = await errorTextOf(response, this.name);
    const said = this.#withoutKey(errorMessage(text));
    const shown = said ? `: ${said}` : '';
    return new VitrineError(
      codeOf(response.status, text),
      `${this.name} answered ${response.status}${shown}`,
    );
  }

  /** A server may repeat the header it was sent. */
  #withoutKey(text: string): string {
    return this.#key ? text.replaceAll(this.#key, '…') : text;
  }
}

function codeOf(status: number, text: string): VitrineErrorCode {
  if (status === 401 || status === 403) return 'gated';
  if (status === 404) return 'not-found';
  if (status !== 400 && status !== 422) return 'http-status';
  return /context[ _](length|size)/i.test(text) ? 'context-overflow' : 'invalid-argument';
}

/** Milliseconds to wait: what the server asks for, else twice as long each time. */
function waitOf(response: Response, attempt: number): number {
  const asked = Number(response.headers.get('retry-after') ?? Number.NaN) * 1000;
  return Math.min(mostWaitMs, Number.isFinite(asked) && asked >= 0 ? asked : firstWaitMs * 2 ** attempt);
}
