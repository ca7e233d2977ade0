import { VitrineError } from '../../lib/index.ts';
import type { Http } from './http.ts';
import { httpFile, readWholeUrl } from './http-file.ts';
import { probedRevision, probeFolder } from './http-folder.ts';
import type { ListedFile, Listing, Repository } from './repository.ts';

const commitPattern = /^[0-9a-f]{40}$/;
const digestPattern = /^[0-9a-f]{64}$/;

/** A repository of the hub, or of a server with the same paths. */
export function hubRepository(http: Http, hub: string, id: string, ref: string): Repository {
  const url = (revision: string, path: string, view = 'resolve') => {
    // Without a known commit, the revision is our digest, which the server does not know.
    const at = commitPattern.test(revision) ? revision : ref;
    return `${hub}/${id}/${view}/${encodeURIComponent(at)}/${path.split('/').map(encodeURIComponent).join('/')}`;
  };
  return {
    id,
    ref,
    scope: hub,
    stored: true,
    async resolveRevision(attempts) {
      const asker = http.withAttempts(attempts);
      const api = `${hub}/api/models/${id}/revision/${encodeURIComponent(ref)}?blobs=true`;
      const answer = await readWholeUrl(asker, api, 'application/json');
      const listing = answer && readApi(answer.bytes);
      if (listing) return listing;
      return probeRepository(asker, url, id, ref);
    },
    open: (revision, file) => httpFile(http, url(revision, file.path), file),
    readWhole: async (revision, path) => (await readWholeUrl(http, url(revision, path)))?.bytes,
  };
}

/** Parses the API response: commit, sizes and digests of LFS files. Undefined when the response has another shape. */
function readApi(bytes: Uint8Array): Listing | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (!isRecord(answer) || typeof answer.sha !== 'string' || !commitPattern.test(answer.sha))
    return undefined;
  if (!Array.isArray(answer.siblings)) return undefined;
  const files = new Map<string, ListedFile>();
  for (const sibling of answer.siblings as unknown[]) {
    if (!isRecord(sibling) || typeof sibling.rfilename !== 'string') continue;
    const lfs = isRecord(sibling.lfs) ? sibling.lfs : {};
    const bytesOf = size(lfs.size) ?? size(sibling.size);
    const sha256 = typeof lfs.sha256 === 'string' && digestPattern.test(lfs.sha256) ? lfs.sha256 : undefined;
    files.set(sibling.rfilename, { path: sibling.rfilename, bytes: bytesOf, sha256 });
  }
  return { revision: answer.sha, files };
}

/** Lists files on servers with the hub's paths but no API: probes the files and the LFS pointers of large ones. */
async function probeRepository(
  http: Http,
  url: (revision: string, path: string, view?: string) => string,
  id: string,
  ref: string,
): Promise<Listing> {
  const probed = await probeFolder(http, (path) => url(ref, path), id);
  const { files, headers } = probed;
  const commit = headers.get('x-repo-commit') ?? ref;
  for (const file of files.values()) {
    if (!file.head) continue;
    const pointer = await readPointer(http, url(commit, file.path, 'raw'));
    if (!pointer) continue;
    if (pointer.bytes !== file.bytes)
      throw new VitrineError(
        'integrity',
        `${id}/${file.path} is ${file.bytes} bytes, but the repository says ${pointer.bytes}. Try another server.`,
      );
    file.sha256 = pointer.sha256;
  }
  if (commitPattern.test(commit)) return { revision: commit, files };
  return { revision: `unpinned-${await probedRevision(probed)}`, files };
}

async function readPointer(http: Http, url: string): Promise<{ bytes: number; sha256: string } | undefined> {
  // Pointers are about 130 bytes long; any other file would be sent in full.
  const response = await http.get(url, { range: [0, 1023] }).catch((error: unknown) => {
    http.throwIfAborted();
    if (error instanceof Error) return undefined;
    throw error;
  });
  const length = Number(response?.headers.get('content-length') ?? Number.NaN);
  if (!response || !(length <= 1024)) {
    await response?.body?.cancel().catch(() => undefined);
    return undefined;
  }
  const text = await response.text().catch(() => '');
  const digest = /^oid sha256:([0-9a-f]{64})$/m.exec(text)?.[1];
  const bytes = /^size (\d+)$/m.exec(text)?.[1];
  return digest && bytes ? { bytes: Number(bytes), sha256: digest } : undefined;
}

function size(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
