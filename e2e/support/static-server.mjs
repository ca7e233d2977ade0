import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';

/** What a plain static host says of a file. */
const types = {
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

function rangeOf(header, size) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  if (!match) return undefined;
  const begin = Number(match[1]);
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1);
  return begin <= end ? { begin, end } : undefined;
}

function findFile(folder, path) {
  const file = normalize(join(folder, decodeURIComponent(path)));
  if (file !== folder && !file.startsWith(folder + sep)) return undefined;
  if (!existsSync(file)) return undefined;
  if (!statSync(file).isDirectory()) return file;
  const index = join(file, 'index.html');
  return existsSync(index) ? index : undefined;
}

function send(request, response, file, headers) {
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

/**
 * A static host: folders and single pages under paths of one port.
 * @param options.mounts folder by path prefix, longest first wins, such as { '/a/b/': '/path/to/dist' }
 * @param options.pages text of HTML pages by path, with headers of their own
 * @param options.headers sent with every answer
 */
export async function startStaticServer({ mounts = {}, pages = {}, headers = {}, port = 0 } = {}) {
  const prefixes = Object.keys(mounts).sort((a, b) => b.length - a.length);
  const requests = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    requests.push(pathname);
    const page = pages[pathname];
    if (page) {
      response.writeHead(200, { 'content-type': types['.html'], ...headers, ...page.headers });
      return response.end(page.html);
    }
    const prefix = prefixes.find((start) => pathname.startsWith(start));
    const file = prefix && findFile(mounts[prefix], pathname.slice(prefix.length));
    if (file) return send(request, response, file, headers);
    response.writeHead(404, { 'content-type': 'text/plain', ...headers });
    return response.end('Not found\n');
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, resolve));
  return {
    port: server.address().port,
    origin: `http://localhost:${server.address().port}`,
    requests,
    /** Ends every connection, so that the next request fails as without a network. */
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
