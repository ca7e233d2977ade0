import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpError } from './http.ts';

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

export interface Access {
  /** The address that is listened to. */
  host: string;
  /** Origins of pages that may ask; `*` for all. */
  allowOrigins: readonly string[];
}

/**
 * Keeps pages out that were not allowed: by their origin, and by the name of the host, which another site's name that
 * points to this machine would betray.
 * @returns true when the request was a preflight and is answered
 * @throws APIError 403
 */
export function checkAccess(
  request: IncomingMessage,
  response: ServerResponse,
  { host, allowOrigins }: Access,
): boolean {
  const name = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  if (isLoopback(host) && !loopback.has(name))
    throw httpError(403, `This server listens on ${host} and answers for localhost alone.`);
  const { origin } = request.headers;
  response.setHeader('Vary', 'Origin');
  if (origin === undefined) return false;
  if (!allowOrigins.includes('*') && !allowOrigins.includes(origin))
    throw httpError(
      403,
      `Pages of ${origin} may not use this server. Start it with --allow-origin ${origin}.`,
    );
  response.setHeader('Access-Control-Allow-Origin', origin);
  if (request.method !== 'OPTIONS') return false;
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
  response.setHeader(
    'Access-Control-Allow-Headers',
    request.headers['access-control-request-headers'] ?? '*',
  );
  if (request.headers['access-control-request-private-network'] === 'true')
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  response.writeHead(204).end();
  return true;
}

export function isLoopback(host: string): boolean {
  return host === '::1' || loopback.has(host);
}
