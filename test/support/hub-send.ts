import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Fault, HubState, ServedFile, ServedRequest } from './hub-types.ts';

const pieceBytes = 64 * 1024;

/** Sends a file or the range asked for, with whatever fault is set for it, and counts what goes out. */
export async function sendFile(
  state: HubState,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  file: ServedFile,
): Promise<void> {
  const fault = takeFault(state, path);
  const range = fault?.kind === 'ignore-range' ? undefined : rangeOf(request, file.bytes);
  const entry: ServedRequest = {
    path,
    method: request.method ?? 'GET',
    range: range && [range.begin, range.end],
    authorization: request.headers.authorization,
    ifRange: request.headers['if-range'] as string | undefined,
    asked: 0,
    sent: 0,
  };
  state.requests.push(entry);
  if (fault?.kind === 'status') {
    if (fault.retryAfter !== undefined) response.setHeader('Retry-After', fault.retryAfter);
    return void response.writeHead(fault.status).end('fault');
  }
  if (fault?.kind === 'html') {
    response.setHeader('Content-Type', 'text/html');
    return void response.end('<!doctype html><title>Please sign in to this network</title>');
  }
  if (range && range.begin >= file.bytes)
    return void response.writeHead(416, { 'Content-Range': `bytes */${file.bytes}` }).end();
  const { begin, end } = range ?? { begin: 0, end: file.bytes };
  response.statusCode = range ? 206 : 200;
  const { hideHeaders } = state.options;
  if (!hideHeaders) response.setHeader('Accept-Ranges', 'bytes');
  if (!hideHeaders) response.setHeader('ETag', `"${file.etag ?? file.bytes}"`);
  if (range && !hideHeaders) response.setHeader('Content-Range', `bytes ${begin}-${end - 1}/${file.bytes}`);
  // A body that ends by closing the connection looks complete wherever it stops.
  if (fault?.kind === 'short') response.setHeader('Connection', 'close');
  else response.setHeader('Content-Length', end - begin);
  if (request.method === 'HEAD') return void response.end();
  entry.asked = end - begin;
  await sendBody(state, response, entry, file, begin, end, fault);
}

async function sendBody(
  state: HubState,
  response: ServerResponse,
  entry: ServedRequest,
  file: ServedFile,
  begin: number,
  end: number,
  fault: Fault | undefined,
): Promise<void> {
  const limit = fault && 'after' in fault ? Math.min(end, begin + fault.after) : end;
  if (fault?.kind === 'short') {
    response.useChunkedEncodingByDefault = false;
    response.removeHeader('Transfer-Encoding');
  }
  for (let at = begin; at < limit; ) {
    if (response.destroyed || !state.open) return void response.destroy();
    const most = state.options.pieceBytes ?? pieceBytes;
    const piece = flipped(state, entry.path, at, file.read(at, Math.min(limit, at + most)));
    at += piece.length;
    entry.sent += piece.length;
    state.options.onSend?.(entry.path, piece.length);
    if (!response.write(piece)) await drained(response);
    if (state.options.delayMs) await new Promise((resolve) => setTimeout(resolve, state.options.delayMs));
  }
  if (limit < end && fault?.kind === 'cut') return void response.destroy();
  if (limit < end && fault?.kind === 'stall') return;
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      response.off('drain', go);
      response.off('close', go);
      resolve();
    };
    response.on('drain', go);
    response.on('close', go);
  });
}

/** The first fault set for a path; one with `times` is used up. Flips stay in force beside the others. */
function takeFault(state: HubState, path: string): Fault | undefined {
  const fault = state.faults.find((one) => one.kind !== 'flip' && matches(one, path) && one.times > 0);
  if (fault) fault.times -= 1;
  return fault;
}

function matches(fault: Fault, path: string): boolean {
  return fault.path === undefined || fault.path === path;
}

function flipped(state: HubState, path: string, begin: number, piece: Uint8Array): Uint8Array {
  let out = piece;
  for (const fault of state.faults) {
    if (fault.kind !== 'flip' || !matches(fault, path)) continue;
    const at = fault.offset - begin;
    if (at < 0 || at >= piece.length) continue;
    if (out === piece) out = Buffer.from(piece);
    out[at] = (piece[at] as number) ^ 0xff;
  }
  return out;
}

function rangeOf(request: IncomingMessage, bytes: number) {
  const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (!match) return undefined;
  return { begin: Number(match[1]), end: Math.min(bytes, match[2] === '' ? bytes : Number(match[2]) + 1) };
}
