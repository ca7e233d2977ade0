import { VitrineError } from '../../lib/index.ts';
import { detachBuffer } from '../detach-buffer.ts';
import { giveUp, type Http, redactUrl, TransientError } from './http.ts';

/** Server properties learned while reading. */
export interface RemoteState {
  /** The server answers a range with the whole file: read it front to back, once. */
  ignoresRanges: boolean;
  /** ETag or date in the first response; later responses must match. */
  version?: string;
}

/** ETag of a file, or its date, where the server shows one. */
export function versionOf(response: Response): string | undefined {
  return response.headers.get('etag') ?? response.headers.get('last-modified') ?? undefined;
}

/** A file that changes between two ranges would be stored as a mixture. */
function checkVersion(url: string, response: Response, state: RemoteState): void {
  const seen = versionOf(response);
  if (!seen) return;
  state.version ||= seen;
  // Servers that compress or answer in part may mark an ETag as weak.
  const bare = (version: string) => version.replace(/^W\//, '');
  if (bare(state.version) !== bare(seen))
    throw new VitrineError(
      'integrity',
      `${redactUrl(url)} changed while it was being read: it was ${state.version}, now it is ${seen}. Load the model again.`,
    );
}

/**
 * The bytes [begin, end) of a URL, in order, however often the line drops. A piece is only valid until the next is
 * asked for. Each try asks the given URL again, never the address it redirected to, and goes on behind the last byte
 * that came.
 * `total`, where known, is compared with what the server says the file's size is.
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
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const response = await http.get(url, { range: [range.begin, range.end - 1], signal: control.signal });
    checkVersion(url, response, state);
    let skip = 0;
    if (response.status === 206) checkContentRange(url, response, range);
    else {
      state.ignoresRanges = true;
      skip = range.begin;
    }
    reader = response.body?.getReader();
    if (!reader) throw new TransientError(`${redactUrl(url)} answered without a body`);
    let left = range.end - range.begin;
    while (left > 0) {
      const piece = await nextPiece(http, url, reader, () => control.abort());
      if (!piece) return;
      const begin = Math.min(skip, piece.length);
      skip -= begin;
      const bytes = piece.subarray(begin, Math.min(piece.length, begin + left));
      left -= bytes.length;
      try {
        if (bytes.length > 0) yield bytes;
      } finally {
        detachBuffer(piece);
      }
    }
  } finally {
    // Ends the request when the bytes wanted have come, or the reader lost interest.
    await reader?.cancel().catch(() => undefined);
    control.abort();
  }
}

async function nextPiece(
  http: Http,
  url: string,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  onStall: () => void,
): Promise<Uint8Array | undefined> {
  try {
    const { done, value } = await http.timed(reader.read(), url, onStall);
    return done ? undefined : value;
  } catch (error) {
    http.throwIfAborted();
    if (error instanceof TransientError) throw error;
    throw new TransientError(`the connection to ${redactUrl(url)} dropped`, { cause: error });
  }
}

/** The header is hidden by some servers from other origins; where it shows, it must fit. */
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

/** `Content-Range: bytes first-last/total`, where the server shows it. */
export function contentRange(response: Response): { first: number; total: number | undefined } | undefined {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (!match) return undefined;
  return { first: Number(match[1]), total: match[2] === '*' ? undefined : Number(match[2]) };
}
