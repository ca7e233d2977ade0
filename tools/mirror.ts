import { cpSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { digestFile, downloadFile, type HubAccess, listRepository } from './mirror-download.ts';

/**
 * Lays out a folder to host weights from, in the form of the hub: {owner}/{name}/resolve/{revision}/{path}, and beside
 * each weight file its pointer at {owner}/{name}/raw/{revision}/{path}, by which visitors check what they get.
 * Usage: npx tsx tools/mirror.ts --out FOLDER [--hub URL] owner/name[@revision][=path/to/model] …
 * Without a path the model is downloaded from the hub; HF_TOKEN is sent to it for gated models.
 */
const texts =
  /^(config|generation_config|vocab|tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json$|^merges\.txt$/;
const safetensors = /^[\w][\w.-]*\.safetensors(\.index\.json)?$/;
const torch = 'pytorch_model.bin';
const usage =
  'Usage: npx tsx tools/mirror.ts --out FOLDER [--hub URL] owner/name[@revision][=path/to/model] …';

export interface MirrorEntry {
  id: string;
  revision: string;
  /** A folder to copy from; without it the model is downloaded. */
  path?: string;
}

export interface MirrorOptions extends HubAccess {
  log?(line: string): void;
}

/** @throws Error for a text that is not of the form of the usage. */
export function parseEntry(text: string): MirrorEntry {
  const match = /^(\w[\w.-]*\/\w[\w.-]*)(?:@(\w[\w.-]*|refs\/pr\/\d+))?(?:=(.+))?$/.exec(text);
  if (!match || text.split('=')[0]?.includes('..'))
    throw new Error(`"${text}" is not owner/name, owner/name@revision or owner/name=path.`);
  const [, id = '', revision = 'main', path] = match;
  return { id, revision, path };
}

/** The files that make up the model: texts, and safetensors or, where there are none, the PyTorch checkpoint. */
export function chooseFiles(names: string[]): string[] {
  const single = names.includes('model.safetensors');
  const isWeight = (name: string) => (single ? name === 'model.safetensors' : safetensors.test(name));
  const weights = names.filter(isWeight);
  if (weights.length === 0)
    weights.push(...names.filter((name) => name === torch || name === `${torch}.index.json`));
  if (!names.includes('config.json')) throw new Error('There is no config.json.');
  if (!weights.some((name) => /\.(safetensors|bin)$/.test(name)))
    throw new Error('There is no model.safetensors, and no pytorch_model.bin.');
  return [...names.filter((name) => texts.test(name)), ...weights];
}

/** Copies or downloads one model. Returns the names of its files and the revision they are under. */
export async function mirror(
  out: string,
  { id, revision, path }: MirrorEntry,
  options: MirrorOptions = {},
): Promise<{ names: string[]; revision: string }> {
  // A pull request has slashes in its name, which not every host keeps apart from folders.
  const under = revision.includes('/') ? 'main' : revision;
  const target = join(out, id, 'resolve', under);
  mkdirSync(target, { recursive: true });
  const names = path ? copy(path, target) : await download(target, { id, revision }, options);
  const pointers = join(out, id, 'raw', under);
  mkdirSync(pointers, { recursive: true });
  for (const name of names.filter((one) => /\.(safetensors|bin)$/.test(one))) {
    const file = join(target, name);
    const [digest, { size }] = [await digestFile(file), statSync(file)];
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${digest}\nsize ${size}\n`;
    writeFileSync(join(pointers, name), pointer);
  }
  return { names, revision: under };
}

function copy(path: string, target: string): string[] {
  if (!existsSync(path)) throw new Error(`${path} does not exist.`);
  const names = chooseFiles(readdirSync(path));
  for (const name of names) cpSync(join(path, name), join(target, name));
  return names;
}

async function download(
  target: string,
  { id, revision }: MirrorEntry,
  { log, ...access }: MirrorOptions,
): Promise<string[]> {
  const { commit, files } = await listRepository(access, id, revision);
  const names = chooseFiles(files.map(({ name }) => name));
  for (const file of files.filter(({ name }) => names.includes(name))) {
    log?.(`${id}@${commit.slice(0, 8)}: ${file.name}, ${file.bytes ?? '?'} bytes`);
    await downloadFile(access, { id, commit, file }, target);
  }
  return names;
}

async function main(args: string[]): Promise<void> {
  const values = new Map<string, string | undefined>();
  const entries: MirrorEntry[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (word === '--out' || word === '--hub') values.set(word, args[++i]);
    else entries.push(parseEntry(word));
  }
  const out = values.get('--out');
  if (!out || entries.length === 0) throw new Error(usage);
  const options = {
    hub: values.get('--hub')?.replace(/\/+$/, ''),
    token: process.env.HF_TOKEN,
    log: console.log,
  };
  for (const entry of entries) {
    const { names, revision } = await mirror(out, entry, options);
    console.log(`${entry.id}@${revision}: ${names.length} files`);
  }
  console.log(`Serve ${out} with "Access-Control-Allow-Origin: *" and give its address as the hub.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
