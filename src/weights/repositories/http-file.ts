import { VitrineError } from '../../lib/index.ts';
import { type Http, isAbsent, redactUrl, TransientError } from './http.ts';
import { contentRange, type RemoteState, readRange, versionOf } from './read-range.ts';
import { collect, type ListedFile, type RepositoryFile } from './repository.ts';

/** Large enough for the header of most checkpoints. */
const headBytes = 64 * 1024;

/** A file of known size at a stable URL, which may redirect. */
export function httpFile(http: Http, url: string, file: ListedFile & { bytes: number }): RepositoryFile {
  const state: RemoteState = { ignoresRanges: file.sequential ?? false, version: file.version };
  return {
    path: file.path,
    bytes: file.bytes,
    sha256: file.sha256,
    get sequential() {
      return state.ignoresRanges;
    },
    read: (begin, end, signal) =>
      readRange(http.child(signal), url, { begin, end, total: file.bytes }, state),
  };
}

/** Size limit of metadata files; the largest known tokenizer.json is about 30 MB. */
export const maxMetadataBytes = 128 * 1024 * 1024;

/** Error for a metadata file above the size limit. */
export function metadataTooLarge(what: string, bytes: number | undefined): VitrineError {
  const size = bytes === undefined ? 'longer' : `${bytes} bytes`;
  return new VitrineError(
    'unsupported-format',
    `${what} is ${size}; no more than ${maxMetadataBytes} bytes are read. Use another copy of the model.`,
  );
}

/** File information from one request. */
export interface Probe {
  /** First bytes of the file. */
  head: Uint8Array<ArrayBuffer>;
  bytes: number | undefined;
  ignoresRanges: boolean;
  /** ETag or date of the file, where the server shows one. */
  version: string;
  headers: Headers;
}

/** Requests the first bytes of a URL; undefined if there is no such file. */
export function probe(http: Http, url: string): Promise<Probe | undefined> {
  return http.retry(redactUrl(url), async () => {
    const control = new AbortController();
    try {
      const response = await found(http.get(url, { range: [0, headBytes - 1], signal: control.signal }));
      if (!response) return undefined;
      const total = contentRange(response)?.total;
      const length = contentLength(response);
      const bytes =
        total ?? (response.status === 200 || (length ?? headBytes) < headBytes ? length : undefined);
      const most = Math.min(bytes ?? headBytes, headBytes);
      const first = await readBody(http, url, response, most);
      return {
        head: bytes === undefined ? first : await completeHead(http, url, first, most, bytes),
        bytes,
        ignoresRanges: response.status === 200,
        version: versionOf(response) ?? '',
        headers: response.headers,
      };
    } finally {
      control.abort();
    }
  });
}

/** Reads the rest of a truncated head. */
async function completeHead(
  http: Http,
  url: string,
  first: Uint8Array<ArrayBuffer>,
  most: number,
  total: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (first.length === most) return first;
  const head = new Uint8Array(most);
  head.set(first);
  const range = { begin: first.length, end: most, total };
  const rest = readRange(http, url, range, { ignoresRanges: false });
  head.set(await collect(rest, most - first.length), first.length);
  return head;
}

/** Reads a small file in full; undefined if there is none. */
export function readWholeUrl(http: Http, url: string, accept?: string): Promise<WholeAnswer | undefined> {
  return http.retry(redactUrl(url), async () => {
    const response = await found(http.get(url, { accept }));
    if (!response) return undefined;
    try {
      const bytes = await readSmall(http, url, response);
      return { bytes, version: versionOf(response) ?? '', headers: response.headers };
    } catch (cause) {
      http.throwIfAborted();
      if (cause instanceof VitrineError) throw cause;
      throw cause instanceof TransientError
        ? cause
        : new TransientError(`the connection to ${redactUrl(url)} dropped`, { cause });
    }
  });
}

/** Reads the whole body regardless of its declared length; rejects one above the size limit. */
async function readSmall(http: Http, url: string, response: Response): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const pieces: Uint8Array[] = [];
  let total = 0;
  try {
    for (;;) {
      const next = await http.timed(reader?.read() ?? finished, url, () => undefined);
      if (next.done) break;
      pieces.push(next.value);
      total += next.value.length;
      if (total > maxMetadataBytes) throw metadataTooLarge(redactUrl(url), undefined);
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const finished = Promise.resolve({ done: true, value: undefined } as const);

export interface WholeAnswer {
  bytes: Uint8Array<ArrayBuffer>;
  version: string;
  headers: Headers;
}

/** Size of a file whose server does not expose Content-Range to other origins. */
export async function sizeOf(http: Http, url: string): Promise<number> {
  const response = await http.retry(redactUrl(url), () => http.get(url, { method: 'HEAD' }));
  const bytes = contentLength(response);
  if (bytes !== undefined) return bytes;
  throw new VitrineError(
    'http-status',
    `${redactUrl(url)} does not say how long it is. Serve it with Content-Length, or expose Content-Range to other origins.`,
  );
}

/** Undefined for a missing file; many servers send their start page instead. */
async function found(answer: Promise<Response>): Promise<Response | undefined> {
  try {
    const response = await answer;
    if (!/^text\/html/i.test(response.headers.get('content-type') ?? '')) return response;
    await response.body?.cancel().catch(() => undefined);
    return undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

async function readBody(
  http: Http,
  url: string,
  response: Response,
  most: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  const bytes = new Uint8Array(most);
  let at = 0;
  try {
    while (reader && at < most) {
      const { done, value } = await http.timed(reader.read(), url, () => undefined);
      if (done) break;
      const piece = value.subarray(0, most - at);
      bytes.set(piece, at);
      at += piece.length;
    }
  } catch (cause) {
    http.throwIfAborted();
    // The bytes received are valid; the rest is requested again.
    if (at === 0)
      throw cause instanceof TransientError
        ? cause
        : new TransientError(`the connection to ${redactUrl(url)} dropped`, { cause });
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
  return at === most ? bytes : bytes.slice(0, at);
}

function contentLength(response: Response): number | undefined {
  const text = response.headers.get('content-length');
  return text && /^\d+$/.test(text) ? Number(text) : undefined;
}
