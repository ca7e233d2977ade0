import { VitrineError } from '../../lib/index.ts';
import { BodyReader } from './body-reader.ts';
import { giveUp, type Http, redactUrl, TransientError } from './http.ts';

/** What responses have shown about the server and the file. */
export interface RemoteState {
  /** The server answers a range request with the whole file, so the file is read sequentially, once. */
  ignoresRanges: boolean;
  /** ETag or date in the first response; later responses must match. */
  version?: string;
}

/** The file's ETag, or its Last-Modified date, if the server sends one. */
export function versionOf(response: Response): string | undefined {
  return response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined;
}

/** Throws `integrity` if the file has changed since the first response: its parts would belong to two versions. */
function checkVersion(url: string, response: Response, state: RemoteState): void {
  const seen = versionOf(response);
  if (!seen) return;
  state.version ||= seen;
  // A server may mark the same ETag as weak in a compressed or partial response.
  const bare = (version: string) => version.replace(/^W\//, '');
  if (bare(state.version) !== bare(seen))
    throw new VitrineError(
      'integrity',
      `${redactUrl(url)} changed while it was being read: it was ${state.version}, now it is ${seen}. Load the model again.`,
    );
}

/**
 * Reads the bytes [begin, end) of a URL in order, reconnecting when the connection drops. A chunk is valid only until
 * the next one is requested. Each attempt requests the given URL, not the address it was redirected to, and resumes
 * after the last byte received. If `total` is known, the file size the server reports must match it.
 */
export async function* readRange(
  http: Http,
  url: string,
  range: { begin: number; end: number; total?: number },
  state: RemoteState,
): AsyncGenerator<Uint8Array> {
  let at = range.begin;
  let failures = 0;
  while (at < range.end) {
    http.throwIfAborted();
    try {
      for await (const bytes of attempt(http, url, { ...range, begin: at }, state)) {
        at += bytes.length;
        failures = 0;
        yield bytes;
      }
      if (at < range.end) throw new TransientError(`the answer of ${redactUrl(url)} ended early`);
    } catch (error) {
      http.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      failures += 1;
      if (failures >= http.settings.attempts) throw giveUp(redactUrl(url), error, failures);
      await http.pause(failures - 1, error);
    }
  }
}

async function* attempt(
  http: Http,
  url: string,
  range: { begin: number; end: number; total?: number },
  state: RemoteState,
): AsyncGenerator<Uint8Array> {
  const control = new AbortController();
  let body: BodyReader | undefined;
  try {
    const response = await http.get(url, { range: [range.begin, range.end - 1], signal: control.signal });
    checkVersion(url, response, state);
    let skip = 0;
    if (response.status === 206) checkContentRange(url, response, range);
    else {
      state.ignoresRanges = true;
      skip = range.begin;
    }
    if (!response.body) throw new TransientError(`${redactUrl(url)} answered without a body`);
    body = new BodyReader(response.body);
    let left = range.end - range.begin;
    while (left > 0) {
      const piece = await nextPiece(http, url, body, skip + left, () => control.abort());
      if (!piece) return;
      const begin = Math.min(skip, piece.length);
      skip -= begin;
      const bytes = piece.subarray(begin, Math.min(piece.length, begin + left));
      left -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  } finally {
    // Ends the request once all wanted bytes have arrived or the consumer has stopped reading.
    await body?.cancel();
    control.abort();
  }
}

async function nextPiece(
  http: Http,
  url: string,
  body: BodyReader,
  most: number,
  onStall: () => void,
): Promise<Uint8Array | undefined> {
  try {
    return await http.timed(body.read(most), url, onStall);
  } catch (error) {
    http.throwIfAborted();
    if (error instanceof TransientError) throw error;
    throw new TransientError(`the connection to ${redactUrl(url)} dropped`, { cause: error });
  }
}

/** Checks Content-Range if it is readable: some servers do not expose it to other origins. */
function checkContentRange(url: string, response: Response, range: { begin: number; total?: number }): void {
  const seen = contentRange(response);
  if (!seen) return;
  if (seen.first !== range.begin)
    throw new TransientError(`${redactUrl(url)} sent bytes from ${seen.first} instead of ${range.begin}`);
  if (range.total !== undefined && seen.total !== undefined && seen.total !== range.total)
    throw new VitrineError(
      'integrity',
      `${redactUrl(url)} is now ${seen.total} bytes, it was to be ${range.total}: the file has changed. Load it again.`,
    );
}

/** Parses `Content-Range: bytes first-last/total`; undefined if the header is missing or not readable. */
export function contentRange(response: Response): { first: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (!match) return undefined;
  return { first: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) };
}
