import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a server of recorded answers sends to a completion. */
export interface Recorded {
  status?: number;
  type?: string;
  headers?: Record<string, string>;
  body: string;
  /** After the body: cut the connection, or leave it open and silent. */
  ending?: 'cut' | 'stall';
}

/** One answer for all requests, or one after the other. */
export type Answer = Recorded | Recorded[];

export interface TestServer {
  baseUrl: string;
  requests: { path: string; authorization: string | undefined; body: unknown }[];
  close(): Promise<void>;
}

/** A stream of events: JSON values, or text as it is. */
export function sse(...events: unknown[]): Recorded {
  const lines = events.map(
    (event) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`,
  );
  return { type: 'text/event-stream', body: `: ping\n\n${lines.join('')}` };
}

/**
 * A server that has the model `m` and answers completions as recorded.
 * @param owner how the server names itself in its list of models
 */
export async function startServer(answer: Answer, owner?: string): Promise<TestServer> {
  const queue = Array.isArray(answer) ? [...answer] : [answer];
  const requests: TestServer['requests'] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { url: path = '', headers } = request;
    requests.push({ path, authorization: headers.authorization, body: text ? JSON.parse(text) : undefined });
    if (path === '/v1/models')
      send(response, { body: JSON.stringify({ object: 'list', data: [{ id: 'm', owned_by: owner }] }) });
    else if (path === '/tokenize') send(response, { body: JSON.stringify({ tokens: ['a'] }) });
    else send(response, (queue.length > 1 ? queue.shift() : queue[0]) as Recorded);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function send(response: ServerResponse, { status = 200, type, headers, body, ending }: Recorded): void {
  response.writeHead(status, { 'Content-Type': type ?? 'application/json', ...headers });
  if (ending === undefined) {
    response.end(body);
    return;
  }
  response.write(body, () => {
    if (ending === 'cut') response.destroy();
  });
}
