import { VitrineError } from '../lib/index.ts';
import { messageOf, wrongAnswer } from './shapes.ts';
import type { Watchdog } from './watchdog.ts';

/** Longest line of a stream, in UTF-16 code units. */
const longestLine = 1 << 22;

/**
 * The JSON values of a stream of server-sent events, up to `[DONE]` or the end.
 * @throws VitrineError `network` when the stream breaks, `integrity` for what is no event, `http-status` for an error in it
 */
export async function* readEvents(
  response: Response,
  server: string,
  watchdog: Watchdog,
): AsyncGenerator<unknown> {
  const type = response.headers.get('content-type') ?? 'none';
  if (!response.body || !/^text\/event-stream/i.test(type))
    throw wrongAnswer(server, `a stream was asked for, and its type is ${type}`);
  let data: string[] = [];
  for await (const line of linesOf(response.body, server, watchdog)) {
    if (line !== '') {
      const value = /^data: ?(.*)$/s.exec(line)?.[1];
      if (value !== undefined) data.push(value);
      continue;
    }
    if (data.length === 0) continue;
    const text = data.join('\n');
    data = [];
    if (text === '[DONE]') return;
    yield parseEvent(text, server);
  }
}

function parseEvent(text: string, server: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw wrongAnswer(server, 'an event is no JSON');
  }
  const message = messageOf(value);
  if (message !== undefined)
    throw new VitrineError('http-status', `${server} ended the text with an error: ${message}`);
  return value;
}

async function* linesOf(
  body: ReadableStream<Uint8Array>,
  server: string,
  watchdog: Watchdog,
): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      watchdog.touch();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > longestLine) throw wrongAnswer(server, 'a line of the stream does not end');
      yield* lines;
      if (!done) continue;
      yield* [rest, ''];
      return;
    }
  } catch (error) {
    throw watchdog.explain(
      error,
      (cause) => new VitrineError('network', `The stream of ${server} broke.`, { cause }),
    );
  } finally {
    // The server stops writing when nobody reads.
    await reader.cancel().catch(() => {});
  }
}
