import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Model } from '../engine/index.ts';
import { type Client, type CompletionCreateParams, createClient, toApiError } from '../openai/index.ts';
import { type Access, checkAccess } from './access.ts';
import { httpError, readJson, sendError, sendEvents, sendJson } from './http.ts';
import { Queue } from './queue.ts';

export interface ServerOptions extends Access {
  /** The model's name in requests and answers. */
  name: string;
  /** Longest body. Default 4 MiB. */
  mostBodyBytes?: number;
  /** Requests that may wait or run; one more is answered 429. Default 64. */
  mostRequests?: number;
}

type Body = Record<string, unknown>;

/** What a route works with. */
interface Exchange {
  response: ServerResponse;
  body: Body;
  /** Aborted when the client goes away. */
  closed: AbortSignal;
}

type Route = (exchange: Exchange) => Promise<void> | void;

/** An OpenAI-shaped server over a loaded model, not listening yet. The model stays the caller's. */
export function createModelServer(model: Model, options: ServerOptions): Server {
  const routes = routesOf(model, options);
  return createServer((request, response) => {
    const control = new AbortController();
    response.on('close', () => control.abort());
    void answer(request, response, control.signal, routes, options).catch((error: unknown) => {
      sendError(response, toApiError(error));
      // Nobody reads the rest of a body that was refused.
      request.resume();
    });
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  closed: AbortSignal,
  routes: ReadonlyMap<string, Route>,
  options: ServerOptions,
): Promise<void> {
  if (checkAccess(request, response, options)) return;
  const path = (request.url ?? '/').replace(/\?.*$/, '').replace(/(.)\/$/, '$1');
  const route = routes.get(`${request.method} ${path}`);
  if (route) {
    const body = request.method === 'POST' ? await readJson(request, options.mostBodyBytes ?? 4 << 20) : {};
    return route({ response, body, closed });
  }
  if (['GET', 'POST'].some((method) => routes.has(`${method} ${path}`)))
    throw httpError(405, `${request.method} ${path} is not possible. Use the other method.`);
  throw httpError(404, `There is no ${path}. There are ${[...routes.keys()].join(', ')}.`, 'unknown_url');
}

function routesOf(model: Model, { name, mostRequests = 64 }: ServerOptions): Map<string, Route> {
  const client = createClient(model, { name });
  const queue = new Queue();
  const complete: Route = async (exchange) => {
    if (queue.length >= mostRequests)
      throw httpError(429, `${queue.length} requests wait already. Try again later.`, 'rate_limit_exceeded');
    await queue.run(exchange.closed, () => completion(client, exchange));
  };
  const routes = new Map<string, Route>([
    ['POST /v1/completions', complete],
    ['GET /v1/models', async ({ response }) => sendJson(response, 200, await client.models.list())],
    ['POST /tokenize', (exchange) => tokenize(model, exchange)],
    ['POST /detokenize', (exchange) => detokenize(model, exchange)],
    ['GET /health', ({ response }) => sendJson(response, 200, { status: 'ok' })],
  ]);
  const described: Route = async ({ response }) =>
    sendJson(response, 200, await client.models.retrieve(name));
  // Clients differ in whether they escape the slash of a hub id.
  for (const id of [name, encodeURIComponent(name)]) routes.set(`GET /v1/models/${id}`, described);
  return routes;
}

async function completion(client: Client, { response, body, closed }: Exchange): Promise<void> {
  const found = await client.completions.create(body as CompletionCreateParams, { signal: closed });
  if (Symbol.asyncIterator in found) await sendEvents(response, found, toApiError, closed);
  else sendJson(response, 200, found);
}

/** The names of vLLM (`prompt`) and of llama.cpp (`content`). */
function tokenize(model: Model, { response, body }: Exchange): void {
  const text = body.prompt ?? body.content;
  if (typeof text !== 'string') throw httpError(400, 'prompt or content must be a text.');
  const tokens = model.encode(text);
  sendJson(response, 200, { count: tokens.length, max_model_len: model.config.nPositions, tokens });
}

function detokenize(model: Model, { response, body: { tokens } }: Exchange): void {
  const size = model.config.vocabSize;
  const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < size;
  if (!Array.isArray(tokens) || !tokens.every(isId))
    throw httpError(400, `tokens must be a list of token ids from 0 to ${size - 1}.`);
  const text = tokens.length > 0 ? model.decode(tokens) : '';
  sendJson(response, 200, { prompt: text, content: text });
}
