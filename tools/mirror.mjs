import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Lays out a folder to host weights from, in the form of the hub: {owner}/{name}/resolve/{revision}/{path}.
 * Usage: node tools/mirror.mjs --out FOLDER owner/name[@revision]=path/to/model …
 */
const wanted =
  /^(config|generation_config|vocab|tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json$|^merges\.txt$|\.safetensors(\.index\.json)?$/;

export function parseEntry(text) {
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w.-]+))?=(.+)$/.exec(text);
  if (!match) throw new Error(`"${text}" is not owner/name[@revision]=path.`);
  const [, id, revision = 'main', path] = match;
  return { id, revision, path };
}

/** Copies one model's files. Returns their names. */
export function mirror(out, { id, revision, path }) {
  if (!existsSync(join(path, 'config.json'))) throw new Error(`${path} holds no config.json.`);
  const target = join(out, id, 'resolve', revision);
  mkdirSync(target, { recursive: true });
  const names = readdirSync(path).filter((name) => wanted.test(name));
  if (!names.some((name) => name.endsWith('.safetensors')))
    throw new Error(`${path} holds no .safetensors file.`);
  for (const name of names) cpSync(join(path, name), join(target, name));
  return names;
}

function main(args) {
  const at = args.indexOf('--out');
  const out = at < 0 ? undefined : args[at + 1];
  const entries = args.filter((_, i) => at < 0 || (i !== at && i !== at + 1));
  if (!out || entries.length === 0)
    throw new Error('Usage: node tools/mirror.mjs --out FOLDER owner/name[@revision]=path/to/model …');
  for (const entry of entries.map(parseEntry)) {
    const names = mirror(out, entry);
    console.log(`${entry.id}@${entry.revision}: ${names.length} files`);
  }
  console.log(`Serve ${out} with "Access-Control-Allow-Origin: *" and give its address as the hub.`);
}

if (import.meta.url === `file://${process.argv[1]}`) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
