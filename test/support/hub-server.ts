import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { contentType, filesOf } from './hub-files.ts';
import { sendFile } from './hub-send.ts';
import type {
  HeldRepo,
  HubServer,
  HubServerOptions,
  HubState,
  ServedFile,
  ServedRepo,
  ServedRequest,
} from './hub-types.ts';

export type { Fault, HubServer, HubServerOptions, ServedFile } from './hub-types.ts';

const exposed =
  'X-Repo-Commit, X-Request-Id, X-Error-Code, X-Error-Message, X-Total-Count, ETag, Link, Accept-Ranges, Content-Range, X-Linked-Size, X-Linked-ETag, X-Xet-Hash';

/**
 * A server that behaves as the model hub does, and misbehaves on demand.
 *
 * Two origins on 127.0.0.1: the hub (API, resolve, raw, plain folders) and the storage that large files redirect to,
 * by addresses that are signed, expire, and work once.
 */
export async function startHubServer(options: HubServerOptions = {}): Promise<HubServer> {
  const state: HubState = {
    options,
    repos: new Map(),
    folders: new Map(),
    signed: new Map(),
    faults: [],
    requests: [],
    open: true,
    origins: { hub: '', storage: '' },
  };
  for (const [id, repo] of Object.entries(options.repos ?? {})) addRepo(state, id, repo);
  for (const [name, given] of Object.entries(options.folders ?? {})) state.folders.set(name, filesOf(given));
  const hub = await listen(
    state,
    (request, response, url) => answerHub(state, request, response, url),
    options.port,
  );
  const storage = await listen(state, (request, response, url) =>
    answerStorage(state, request, response, url),
  );
  state.origins = { hub: hub.origin, storage: storage.origin };
  return controls(state, [hub.server, storage.server]);
}

function controls(state: HubState, servers: Server[]): HubServer {
  return {
    hub: state.origins.hub,
    storage: state.origins.storage,
    requests: state.requests,
    folderUrl: (name) => `${state.origins.hub}/${name}/`,
    commit: (id) => repoOf(state, id).commit,
    addRepo: (id, repo) => addRepo(state, id, repo),
    addFolder: (name, given) => void state.folders.set(name, filesOf(given)),
    fault(fault) {
      const entry = { times: Number.POSITIVE_INFINITY, ...fault };
      state.faults.push(entry);
      return () => void state.faults.splice(state.faults.indexOf(entry), 1);
    },
    clearFaults: () => void state.faults.splice(0),
    down() {
      state.open = false;
    },
    up() {
      state.open = true;
    },
    sent: (path) => sum(state.requests, path, (request) => request.sent),
    asked: (path) => sum(state.requests, path, (request) => request.asked),
    forget: () => void state.requests.splice(0),
    close: () =>
      Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise<void>((resolve) => server.close(() => resolve()));
        }),
      ).then(() => undefined),
  };
}

function repoOf(state: HubState, id: string): HeldRepo {
  const repo = state.repos.get(id);
  if (!repo) throw new Error(`The hub serves no ${id}.`);
  return repo;
}

function sum(requests: ServedRequest[], path: string, value: (request: ServedRequest) => number): number {
  return requests
    .filter((request) => request.path === path)
    .reduce((total, request) => total + value(request), 0);
}

function addRepo(state: HubState, id: string, repo: ServedRepo): void {
  const files = filesOf(repo.files ?? repo.folder ?? {});
  const names = [...files]
    .map(([path, file]) => `${path} ${file.etag ?? file.bytes}`)
    .sort()
    .join('\n');
  const commit = repo.commit ?? createHash('sha1').update(`${id}\n${names}`).digest('hex');
  const isLfs = repo.lfs ?? ((path: string) => /\.(safetensors|bin)$/.test(path));
  state.repos.set(id, {
    ...repo,
    id,
    files,
    commit,
    isLfs,
    revisions: new Set(['main', commit, ...(repo.refs ?? [])]),
  });
}

type Answer = (request: IncomingMessage, response: ServerResponse, url: URL) => Promise<unknown>;

async function listen(state: HubState, answer: Answer, port = 0) {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    if (!state.open) return void request.socket.destroy();
    setCors(state, request, response);
    if (request.method === 'OPTIONS') return void response.writeHead(204).end();
    answer(request, response, url).catch((error) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  server.keepAliveTimeout = 2000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function setCors(state: HubState, request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Vary', 'Origin');
  response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
  response.setHeader('Access-Control-Allow-Methods', 'GET, HEAD, OPTIONS');
  // Range needs no leave in its simple form; If-Range would, and is not given any.
  response.setHeader('Access-Control-Allow-Headers', 'authorization, range');
  response.setHeader('Access-Control-Max-Age', '600');
  if (!state.options.hideHeaders) response.setHeader('Access-Control-Expose-Headers', exposed);
}

async function answerHub(state: HubState, request: IncomingMessage, response: ServerResponse, url: URL) {
  const path = decodeURIComponent(url.pathname);
  for (const repo of state.repos.values()) {
    const api = `/api/models/${repo.id}`;
    if (url.pathname === api || url.pathname.startsWith(`${api}/revision/`))
      return answerApi(state, repo, url, response);
    const cached = `/api/resolve-cache/models/${repo.id}/${repo.commit}/`;
    if (path.startsWith(cached)) {
      if (!state.options.hideHeaders) response.setHeader('X-Repo-Commit', repo.commit);
      return sendFrom(state, request, response, repo.files, path.slice(cached.length));
    }
    if (url.pathname.startsWith(`/${repo.id}/`)) return answerRepo(state, repo, request, response, url);
  }
  const [, folder = '', ...rest] = path.split('/');
  const files = state.folders.get(folder);
  const inside = rest.join('/');
  if (files)
    return sendFrom(
      state,
      request,
      response,
      files,
      inside.endsWith('/') || !inside ? `${inside}index.html` : inside,
    );
  refuse(response, path.startsWith('/api/') ? 401 : 404, 'RepoNotFound', 'Repository not found');
}

async function answerApi(state: HubState, repo: HeldRepo, url: URL, response: ServerResponse) {
  if (state.options.noApi) return refuse(response, 404, 'NotFound', 'No API here');
  const revision = decodeURIComponent(url.pathname.split('/revision/')[1] ?? 'main');
  if (!repo.revisions.has(revision))
    return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  const siblings = [];
  for (const [rfilename, file] of repo.files) {
    const blobId = createHash('sha1').update(rfilename).digest('hex');
    const lfs = repo.isLfs(rfilename) && {
      lfs: { sha256: await digest(repo, rfilename, file), size: file.bytes, pointerSize: 134 },
    };
    siblings.push({ rfilename, size: file.bytes, blobId, ...lfs });
  }
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.end(
    JSON.stringify({ id: repo.id, sha: repo.commit, private: false, gated: repo.gated ?? false, siblings }),
  );
}

async function digest(repo: HeldRepo, path: string, file: ServedFile): Promise<string> {
  return repo.sha256?.[path] ?? (await file.sha256());
}

async function answerRepo(
  state: HubState,
  repo: HeldRepo,
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
) {
  const [view, encoded, ...rest] = url.pathname.slice(repo.id.length + 2).split('/');
  const revision = decodeURIComponent(encoded ?? '');
  const path = decodeURIComponent(rest.join('/'));
  if (repo.gated && request.headers.authorization !== `Bearer ${repo.token ?? 'hf_test'}`)
    return refuse(response, 401, 'GatedRepo', `Access to model ${repo.id} is restricted.`);
  if (!repo.revisions.has(revision))
    return refuse(response, 404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
  const file = repo.files.get(path);
  if (!file) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
  response.setHeader('X-Repo-Commit', repo.commit);
  if (view === 'raw') return answerRaw(repo, path, file, request, response);
  if (!repo.isLfs(path)) {
    const target = `/api/resolve-cache/models/${repo.id}/${repo.commit}/${rest.join('/')}`;
    return void response.writeHead(307, { Location: target }).end();
  }
  response.setHeader('X-Linked-Size', file.bytes);
  response.setHeader('X-Linked-ETag', `"${await digest(repo, path, file)}"`);
  const token = randomBytes(12).toString('hex');
  const expires = Date.now() + (state.options.signedForMs ?? 3_600_000);
  state.signed.set(token, { files: repo.files, path, expires, uses: state.options.signedUses ?? 1 });
  response.writeHead(302, { Location: `${state.origins.storage}/blob?Signature=${token}` }).end();
}

async function answerRaw(
  repo: HeldRepo,
  path: string,
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
) {
  if (!repo.isLfs(path)) return response.end(file.read(0, file.bytes));
  const text = `version https://git-lfs.github.com/spec/v1\noid sha256:${await digest(repo, path, file)}\nsize ${file.bytes}\n`;
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Content-Length', text.length);
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function answerStorage(state: HubState, request: IncomingMessage, response: ServerResponse, url: URL) {
  const signed = state.signed.get(url.searchParams.get('Signature') ?? '');
  if (!signed || signed.expires < Date.now() || signed.uses < 1)
    return void response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
  signed.uses -= 1;
  if (request.headers.authorization)
    return void response.writeHead(400).end('Only one auth mechanism allowed');
  return sendFrom(state, request, response, signed.files, signed.path);
}

async function sendFrom(
  state: HubState,
  request: IncomingMessage,
  response: ServerResponse,
  files: Map<string, ServedFile>,
  path: string,
) {
  const file = files.get(path);
  if (!file) return refuse(response, 404, 'EntryNotFound', 'Entry not found');
  response.setHeader('Content-Type', contentType(path));
  if (state.options.isolate) response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  return sendFile(state, request, response, path, file);
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'X-Error-Code': code, 'X-Error-Message': message }).end(message);
}
