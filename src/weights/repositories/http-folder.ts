import { VitrineError } from '../../lib/index.ts';
import { digestOf, toHex } from '../cache/digest.ts';
import { parseShardIndex } from '../formats/shard-index.ts';
import type { Http } from './http.ts';
import { httpFile, probe, readWholeUrl, sizeOf } from './http-file.ts';
import type { Probing } from './probe-other-forms.ts';
import { fileNames, type ListedFile, type Repository } from './repository.ts';

/** A model in a folder of any web server. `paths` lists its files if known; `file` names the weight file. */
export function httpFolder(
  http: Http,
  { id, base, paths, file }: { id: string; base: string; paths?: readonly string[]; file?: string },
): Repository {
  const url = (path: string) => fileUrl(base, path);
  return {
    id,
    ref: undefined,
    scope: base,
    stored: true,
    async resolveRevision(attempts) {
      const probed = await probeFolder(http.withAttempts(attempts), url, id, {
        only: paths && new Set(paths),
        named: file,
      });
      return { revision: await probedRevision(probed), files: probed.files };
    },
    open: (_revision, file) => httpFile(http, url(file.path), file),
    readWhole: async (_revision, path) => (await readWholeUrl(http, url(path)))?.bytes,
  };
}

/**
 * Substitute for a commit hash: a digest of names, sizes, ETags or dates, and first bytes.
 * Without ETag and date, changed weights behind an unchanged header go undetected.
 */
export async function probedRevision({ files, versions }: ProbedFolder): Promise<string> {
  const known = [...files.values()];
  const texts = known.map((file) => `${file.path} ${file.bytes} ${file.sha256 ?? ''}`).concat(versions);
  const digests = await Promise.all(known.flatMap((file) => file.head ?? file.whole ?? []).map(digestOf));
  const facts = [...texts.sort(), ...digests.map(toHex)].join('\n');
  return toHex(await digestOf(new TextEncoder().encode(facts))).slice(0, 40);
}

/** The URL of a file in a folder; keeps the folder's query, such as a key. */
export function fileUrl(base: string, path: string): string {
  const url = new URL(base);
  url.pathname += path.split('/').map(encodeURIComponent).join('/');
  return url.href;
}

export interface ProbedFolder {
  files: Map<string, ListedFile>;
  /** ETags and dates, by file. */
  versions: string[];
  /** Headers of the config.json response. */
  headers: Headers;
}

interface ProbeTarget extends Pick<ProbedFolder, 'files' | 'versions'> {
  only: ReadonlySet<string> | undefined;
}

/** Requests files and records what was found in `files` and `versions`. */
function createProbing(
  http: Http,
  url: (path: string) => string,
  { files, versions, only }: ProbeTarget,
): Probing {
  const whole = async (path: string): Promise<Headers | undefined> => {
    if (only && !only.has(path)) return undefined;
    const answer = await readWholeUrl(http, url(path));
    if (!answer) return undefined;
    versions.push(`${path} ${answer.version}`);
    files.set(path, { path, bytes: answer.bytes.length, whole: answer.bytes, version: answer.version });
    return answer.headers;
  };
  const head = async (path: string): Promise<Headers | undefined> => {
    if (only && !only.has(path)) return undefined;
    const answer = await probe(http, url(path));
    if (!answer) return undefined;
    versions.push(`${path} ${answer.version}`);
    const bytes = answer.bytes ?? (await sizeOf(http, url(path)));
    const { head, ignoresRanges: sequential, version } = answer;
    files.set(path, { path, bytes, head, sequential, version });
    return answer.headers;
  };
  return { files, whole, head };
}

/**
 * Finds a model's files by requesting them. Small files are read in full, weight files by their first bytes.
 * `named` is a weight file named by the user; `only` restricts the files that are requested.
 */
export async function probeFolder(
  http: Http,
  url: (path: string) => string,
  id: string,
  { only, named }: { only?: ReadonlySet<string>; named?: string } = {},
): Promise<ProbedFolder> {
  const files = new Map<string, ListedFile>();
  const versions: string[] = [];
  const probing = createProbing(http, url, { files, versions, only });
  const { whole } = probing;
  const config = await whole(fileNames.config);
  const [weights, adapter] = await Promise.all([
    config
      ? probeWeights(probing).then((found) => found ?? (named ? probing.head(named) : undefined))
      : import('./probe-other-forms.ts').then(({ probeOtherForms }) => probeOtherForms(probing, named)),
    probeAdapter(probing),
    whole(fileNames.generationConfig),
    whole(fileNames.tokenizerConfigJson),
    probeTokenizer(probing),
  ]);
  const headers = config ?? weights ?? adapter;
  if (!headers)
    throw new VitrineError(
      'not-found',
      `${id} has no config.json at ${url('config.json')}, and no ${fileNames.adapterConfig}, ${fileNames.hparams} or ${fileNames.nanoGpt}. Check the address: it must be a folder with a model's files, or a checkpoint of nanoGPT or llm.c.`,
    );
  if (!weights && !files.has(fileNames.adapterConfig))
    throw new VitrineError(
      'not-found',
      `${id} has a config.json but no model.safetensors, pytorch_model.bin or index of shards. Check that the folder is complete.`,
    );
  return { files, versions, headers };
}

async function probeTokenizer({ whole }: Probing): Promise<void> {
  if (await whole(fileNames.tokenizerJson)) return;
  const [vocabulary] = await Promise.all([whole(fileNames.vocabJson), whole(fileNames.mergesTxt)]);
  if (vocabulary) return;
  const others = [fileNames.vocabTxt, fileNames.sentencePiece, fileNames.sentencePieceModel];
  await Promise.all(others.map((path) => whole(path)));
}

async function probeWeights(probing: Probing): Promise<Headers | undefined> {
  const { whole, head } = probing;
  const single = await head(fileNames.safetensors);
  if (single) return single;
  if (await whole(fileNames.safetensorsIndex)) return probeShards(probing, fileNames.safetensorsIndex);
  const torch = await head(fileNames.torch);
  if (torch) return torch;
  if (await whole(fileNames.torchIndex)) return probeShards(probing, fileNames.torchIndex);
  return undefined;
}

async function probeShards({ files, head }: Probing, path: string): Promise<Headers | undefined> {
  const index = files.get(path)?.whole ?? new Uint8Array();
  let headers: Headers | undefined;
  for (const shard of parseShardIndex(new TextDecoder().decode(index), path).shards) {
    headers = await head(shard);
    if (!headers) throw new VitrineError('not-found', `The shard ${shard} named by ${path} is missing.`);
  }
  return headers;
}

/** Probes a LoRA adapter, with or without its base in the same folder. */
async function probeAdapter({ whole, head }: Probing): Promise<Headers | undefined> {
  if (!(await whole(fileNames.adapterConfig))) return undefined;
  return (await head(fileNames.adapterWeights)) ?? head(fileNames.adapterTorch);
}
