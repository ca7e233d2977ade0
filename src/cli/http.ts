import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { APIError, type ErrorBody } from '../openai/index.ts';

/** An error with a status and a code of its own. */
export function httpError(status: number, message: string, code: string | null = null): APIError {
  const type: ErrorBody['type'] = status < 500 ? 'invalid_request_error' : 'server_error';
  return new APIError(status, { message, type, param: null, code });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, error: APIError): void {
  if (error.status === 429) response.setHeader('Retry-After', '1');
  sendJson(response, error.status ?? 500, { error: error.error });
}

/** @throws APIError 415, 413 or 400 */
export async function readJson(
  request: IncomingMessage,
  mostBytes: number,
): Promise<Record<string, unknown>> {
  // A page elsewhere can post plain text without being asked for permission; JSON it cannot.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw httpError(415, 'Send the body with Content-Type: application/json.');
  const tooLong = () => httpError(413, `The body is longer than ${mostBytes} bytes. Send less at once.`);
  if (Number(request.headers['content-length'] ?? 0) > mostBytes) throw tooLong();
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw tooLong();
    chunks.push(chunk);
  }
  const body = parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw httpError(400, 'The request must be a JSON object.');
  return body as Record<string, unknown>;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw httpError(400, 'The body is not valid JSON.');
  }
}

/** Milliseconds a client may leave a full connection unread. */
const stalledAfterMs = 60_000;

/** Sends events as they come; waits for a client that reads slowly, and gives up one that does not read. */
export async function sendEvents(
  response: ServerResponse,
  events: AsyncIterable<unknown>,
  asError: (error: unknown) => APIError,
  closed: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-cache',
  });
  try {
    for await (const event of events) {
      if (response.write(`data: ${JSON.stringify(event)}\n\n`)) continue;
      await once(response, 'drain', {
        signal: AbortSignal.any([closed, AbortSignal.timeout(stalledAfterMs)]),
      });
    }
    response.write('data: [DONE]\n\n');
  } catch (error) {
    response.write(`data: ${JSON.stringify({ error: asError(error).error })}\n\n`);
  }
  response.end();
}
