import { VitrineError } from '../../lib/index.ts';
import { digestOf, toHex } from '../cache/digest.ts';
import { parseShardIndex } from '../formats/shard-index.ts';
import type { Http } from './http.ts';
import { httpFile, probe, readWholeUrl, sizeOf } from './http-file.ts';
import { fileNames, type ListedFile, type Repository } from './repository.ts';

/** A model in a folder of any web server. `paths`, where given, are the files it is known to have. */
export function httpFolder(http: Http, id: string, base: string, paths?: readonly string[]): Repository {
  const url = (path: string) => fileUrl(base, path);
  return {
    id,
    ref: undefined,
    scope: base,
    stored: true,
    async resolveRevision(attempts) {
      const probed = await probeFolder(http.withAttempts(attempts), url, id, paths && new Set(paths));
      return { revision: await probedRevision(probed), files: probed.files };
    },
    open: (_revision, file) => httpFile(http, url(file.path), file),
    readWhole: async (_revision, path) => (await readWholeUrl(http, url(path)))?.bytes,
  };
}

/**
 * What stands for a commit where there is none: a digest of names, sizes, ETags or dates, and first bytes.
 * A server that shows neither ETag nor date can change weights behind an equal header unseen.
 */
export async function probedRevision({ files, versions }: ProbedFolder): Promise<string> {
  const known = [...files.values()];
  const texts = known.map((file) => `${file.path} ${file.bytes} ${file.sha256 ?? ''}`).concat(versions);
  const digests = await Promise.all(known.flatMap((file) => file.head ?? file.whole ?? []).map(digestOf));
  const facts = [...texts.sort(), ...digests.map(toHex)].join('\n');
  return toHex(await digestOf(new TextEncoder().encode(facts))).slice(0, 40);
}

/** The URL of a file in a folder; a query of the folder, such as a key, goes along. */
export function fileUrl(base: string, path: string): string {
  const url = new URL(base);
  url.pathname += path.split('/').map(encodeURIComponent).join('/');
  return url.href;
}

export interface ProbedFolder {
  files: Map<string, ListedFile>;
  /** ETags and dates, by file. */
  versions: string[];
  /** Headers of the answer that brought config.json. */
  headers: Headers;
}

/** Finds out by asking which files of a model there are. Small files come whole, weights with their first bytes. */
export async function probeFolder(
  http: Http,
  url: (path: string) => string,
  id: string,
  only?: ReadonlySet<string>,
): Promise<ProbedFolder> {
  const files = new Map<string, ListedFile>();
  const versions: string[] = [];
  const whole = async (path: string): Promise<Headers | undefined> => {
    if (only && !only.has(path)) return undefined;
    const answer = await readWholeUrl(http, url(path));
    if (!answer) return undefined;
    versions.push(`${path} ${answer.version}`);
    files.set(path, { path, bytes: answer.bytes.length, whole: answer.bytes });
    return answer.headers;
  };
  const head = async (path: string): Promise<boolean> => {
    if (only && !only.has(path)) return false;
    const answer = await probe(http, url(path));
    if (!answer) return false;
    versions.push(`${path} ${answer.version}`);
    const bytes = answer.bytes ?? (await sizeOf(http, url(path)));
    files.set(path, { path, bytes, head: answer.head, sequential: answer.ignoresRanges });
    return true;
  };
  const headers = await whole(fileNames.config);
  if (!headers)
    throw new VitrineError(
      'not-found',
      `${id} has no config.json at ${url('config.json')}. Check the address: it must be a folder with a model's files.`,
    );
  const [weights] = await Promise.all([
    probeWeights(head, whole, files),
    whole(fileNames.generationConfig),
    whole(fileNames.tokenizerConfigJson),
    probeTokenizer(whole),
  ]);
  if (!weights)
    throw new VitrineError(
      'not-found',
      `${id} has no model.safetensors, index of shards, or pytorch_model.bin.`,
    );
  return { files, versions, headers };
}

async function probeTokenizer(whole: (path: string) => Promise<unknown>): Promise<void> {
  if (await whole(fileNames.tokenizerJson)) return;
  await Promise.all([whole(fileNames.vocabJson), whole(fileNames.mergesTxt)]);
}

async function probeWeights(
  head: (path: string) => Promise<boolean>,
  whole: (path: string) => Promise<unknown>,
  files: Map<string, ListedFile>,
): Promise<boolean> {
  if (await head(fileNames.safetensors)) return true;
  if (await whole(fileNames.safetensorsIndex)) {
    const index = files.get(fileNames.safetensorsIndex)?.whole ?? new Uint8Array();
    const { shards } = parseShardIndex(new TextDecoder().decode(index), fileNames.safetensorsIndex);
    for (const shard of shards)
      if (!(await head(shard)))
        throw new VitrineError('not-found', `The shard ${shard} named by the index is not there.`);
    return true;
  }
  return head(fileNames.torch);
}
