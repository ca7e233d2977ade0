import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, sep } from 'node:path';

export interface StaticServer {
  readonly port: number;
  readonly origin: string;
  /** Paths asked for, in order. */
  readonly requests: string[];
  /** Ends every connection, so that the next request fails as without a network. */
  close(): Promise<void>;
}

export interface StaticServerOptions {
  /** Folder by path prefix, longest first wins, such as { '/a/b/': '/path/to/dist' }. */
  mounts?: Record<string, string>;
  /** Text of HTML pages by path, with headers of their own. */
  pages?: Record<string, { html: string; headers?: Record<string, string> }>;
  /** Sent with every answer. */
  headers?: Record<string, string>;
  port?: number;
}

/** What a plain static host says of a file. */
const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
  '.safetensors': 'application/octet-stream',
};

function rangeOf(header: string | undefined, size: number) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (!match) return undefined;
  const begin = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return begin <= end ? { begin, end } : undefined;
}

function findFile(folder: string, path: string): string | undefined {
  const file = normalize(join(folder, decodeURIComponent(path)));
  if (file !== folder && !file.startsWith(folder + sep)) return undefined;
  if (!existsSync(file)) return undefined;
  if (!statSync(file).isDirectory()) return file;
  const index = join(file, 'index.html');
  return existsSync(index) ? index : undefined;
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: string,
  headers: Record<string, string>,
) {
  const { size } = statSync(file);
  const type = types[extname(file)] ?? 'application/octet-stream';
  const always = { 'content-type': type, 'accept-ranges': 'bytes', 'cache-control': 'no-cache', ...headers };
  const range = rangeOf(request.headers.range, size);
  const { begin, end } = range ?? { begin: 0, end: size - 1 };
  const partial = range ? { 'content-range': `bytes ${begin}-${end}/${size}` } : {};
  response.writeHead(range ? 206 : 200, { ...always, ...partial, 'content-length': end - begin + 1 });
  if (request.method === 'HEAD' || size === 0) return response.end();
  return createReadStream(file, { start: begin, end }).pipe(response);
}

/** A static host: folders and single pages under paths of one port. */
export async function startStaticServer(options: StaticServerOptions = {}): Promise<StaticServer> {
  const { mounts = {}, pages = {}, headers = {}, port = 0 } = options;
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    requests.push(pathname);
    const page = pages[pathname];
    if (page) {
      response.writeHead(200, { 'content-type': types['.html'], ...headers, ...page.headers });
      return response.end(page.html);
    }
    const prefix = prefixes.find((start) => pathname.startsWith(start));
    const file = prefix && findFile(mounts[prefix] ?? '', pathname.slice(prefix.length));
    if (file) return send(request, response, file, headers);
    response.writeHead(404, { 'content-type': 'text/plain', ...headers });
    return response.end('Not found\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    origin: `http://localhost:${bound}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
