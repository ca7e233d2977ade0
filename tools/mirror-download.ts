import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const attempts = 6;

/** How the hub is asked. */
export interface HubAccess {
  /** Base URL; huggingface.co by default. */
  hub?: string;
  token?: string;
  /** Wait after the first failure, doubled with each further one. Default 1000. */
  backoffMs?: number;
}

/** A file as the hub lists it; size and SHA-256 where the hub states them. */
export interface ListedFile {
  name: string;
  bytes?: number;
  sha256?: string;
}

/** The part of the hub's answer that is used. */
interface Repository {
  sha?: string;
  siblings?: { rfilename: string; size?: number; lfs?: { size?: number; sha256?: string } }[];
}

const defaultHub = 'https://huggingface.co';

/** Commit and files of a revision: name, bytes, and SHA-256 where the hub states it. */
export async function listRepository(
  { hub = defaultHub, token, backoffMs = 1000 }: HubAccess,
  id: string,
  revision: string,
): Promise<{ commit: string; files: ListedFile[] }> {
  const url = `${hub}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const answer = await retry(backoffMs, async (): Promise<Repository | null> => {
    const response = await get(url, { token });
    return response.json();
  });
  if (!answer?.sha || !/^[0-9a-f]{40}$/.test(answer.sha) || !Array.isArray(answer.siblings))
    throw new Error(`${url} answered with something other than a repository.`);
  const files = answer.siblings.map(({ rfilename, size, lfs }) => ({
    name: String(rfilename),
    bytes: lfs?.size ?? size,
    sha256: lfs?.sha256,
  }));
  return { commit: answer.sha, files };
}

/**
 * One file of a commit to a folder. Goes on where an earlier download stopped (`NAME.part`); only a file of the right
 * size and digest gets its name.
 */
export async function downloadFile(
  { hub = defaultHub, token, backoffMs = 1000 }: HubAccess,
  { id, commit, file }: { id: string; commit: string; file: ListedFile },
  folder: string,
): Promise<void> {
  const target = join(folder, file.name);
  if (existsSync(target) && (await fits(target, file))) return;
  const part = `${target}.part`;
  const url = `${hub}/${id}/resolve/${commit}/${encodeURIComponent(file.name)}`;
  await retry(backoffMs, async () => {
    const have = existsSync(part) ? statSync(part).size : 0;
    if (have > 0 && have === file.bytes) return;
    const response = await get(url, { token, range: have > 0 ? `bytes=${have}-` : undefined });
    const goesOn = response.status === 206;
    if (response.body) await append(response.body, part, goesOn ? 'a' : 'w');
    const now = existsSync(part) ? statSync(part).size : 0;
    if (now < (file.bytes ?? now)) throw new Transient(`${url} ended after ${now} of ${file.bytes} bytes`);
  });
  if (!existsSync(part) || !(await fits(part, file))) {
    rmSync(part, { force: true });
    throw new Error(`${url} is not the file that ${id} lists: its size or SHA-256 differs. Run this again.`);
  }
  renameSync(part, target);
}

/**
 * Writes pieces as they come and before anything else is waited for: when the line is cut, what waits in a stream is
 * dropped, and would be downloaded again.
 */
async function append(body: AsyncIterable<Uint8Array>, path: string, flags: 'a' | 'w'): Promise<void> {
  const file = openSync(path, flags);
  try {
    for await (const piece of body) writeFileSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/** SHA-256 of a file, in hex. */
export async function digestFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece);
  return hash.digest('hex');
}

async function fits(path: string, { bytes, sha256 }: ListedFile): Promise<boolean> {
  if (bytes !== undefined && statSync(path).size !== bytes) return false;
  return sha256 === undefined || (await digestFile(path)) === sha256;
}

class Transient extends Error {}

async function get(url: string, { token, range }: { token?: string; range?: string }): Promise<Response> {
  const headers: Record<string, string> = { 'Accept-Encoding': 'identity' };
  // `fetch` drops the token where a redirect leaves the hub.
  if (token) headers.Authorization = `Bearer ${token}`;
  if (range) headers.Range = range;
  const response = await fetch(url, { headers }).catch((cause) => {
    throw new Transient(`no answer from ${url}`, { cause });
  });
  if (response.ok) return response;
  await response.body?.cancel();
  const message = `${url} answered ${response.status}`;
  if (response.status === 429 || response.status >= 500) throw new Transient(message);
  if (response.status === 401 || response.status === 403)
    throw new Error(`${message}: accept the terms on the model's page and set HF_TOKEN.`);
  throw new Error(`${message}.`);
}

async function retry<T>(backoffMs: number, task: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await task();
    } catch (error) {
      // A dropped body is a TypeError or a system error, by the place where it is noticed.
      const system = error instanceof Error && 'code' in error && error.code;
      const passing = error instanceof Transient || error instanceof TypeError || system;
      if (!passing || failures === attempts) throw error;
      await sleep(backoffMs * 2 ** (failures - 1) * (0.5 + Math.random()));
    }
  }
}
