import { VitrineError } from '../lib/index.ts';

/** Longest error that is read for its message, in bytes. */
const longestErrorBytes = 1 << 16;

/**
 * The bytes of an answer as they arrive. A server may lie about its length or never end, so they are counted; what is
 * not read to its end is cancelled, so that the server stops writing.
 * @throws VitrineError `integrity` once there are more than `maxBytes`
 */
export async function* bytesOf(
  body: ReadableStream<Uint8Array>,
  server: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  let count = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      count += value.length;
      if (count > maxBytes)
        throw new VitrineError(
          'integrity',
          `${server} sent more than ${maxBytes} bytes. Ask for less text, or raise maxAnswerBytes.`,
        );
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** @throws VitrineError as {@link bytesOf} */
export async function textOf(response: Response, server: string, maxBytes: number): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of bytesOf(response.body, server, maxBytes))
    text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

/** The text of an error as far as it can be read, which may be not at all. */
export function errorTextOf(response: Response, server: string): Promise<string> {
  return textOf(response, server, longestErrorBytes).catch(() => '');
}
