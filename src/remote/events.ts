import { VitrineError } from '../lib/index.ts';
import { bytesOf } from './body.ts';
import { messageOf, wrongAnswer } from './shapes.ts';
import type { Watchdog } from './watchdog.ts';

/** Longest event of a stream, in UTF-16 code units. */
const longestEvent = 1 << 22;

/** Whose stream it is, and how long it may be. */
interface Server {
  name: string;
  maxAnswerBytes: number;
}

/**
 * The JSON values of a stream of server-sent events, up to `[DONE]` or the end.
 * @throws VitrineError `network` when the stream breaks, `integrity` for what is no event or too long, `http-status` for an error in it
 */
export async function* readEvents(
  response: Response,
  server: Server,
  watchdog: Watchdog,
): AsyncGenerator<unknown> {
  const type = response.headers.get('content-type') ?? 'none';
  if (!response.body || !/^text\/event-stream/i.test(type))
    throw wrongAnswer(server.name, `a stream was asked for, and its type is ${type}`);
  let data: string[] = [];
  let length = 0;
  for await (const line of linesOf(response.body, server, watchdog)) {
    if (line !== '') {
      const value = /^data: ?(.*)$/s.exec(line)?.[1];
      if (value !== undefined) data.push(value);
      length += value?.length ?? 0;
      if (length > longestEvent) throw tooLong(server.name);
      continue;
    }
    if (data.length === 0) continue;
    const text = data.join('\n');
    data = [];
    length = 0;
    if (text === '[DONE]') return;
    yield parseEvent(text, server.name);
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
  { name, maxAnswerBytes }: Server,
  watchdog: Watchdog,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const bytes of bytesOf(body, name, maxAnswerBytes)) {
      watchdog.touch();
      const lines = (rest + decoder.decode(bytes, { stream: true })).split(/\r?\n/);
      rest = lines.pop() ?? '';
      if (rest.length > longestEvent) throw tooLong(name);
      yield* lines;
    }
    yield* [rest + decoder.decode(), ''];
  } catch (error) {
    throw watchdog.explain(
      error,
      (cause) => new VitrineError('network', `The stream of ${name} broke.`, { cause }),
    );
  }
}

function tooLong(server: string): VitrineError {
  return wrongAnswer(server, `an event of the stream has more than ${longestEvent} characters`);
}
