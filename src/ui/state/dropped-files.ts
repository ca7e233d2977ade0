import { fileProblems } from '../messages/index.ts';

/** What files that a visitor dropped or chose turn out to be. */
export type DroppedFiles =
  | { kind: 'model'; files: File[] }
  | { kind: 'text'; file: File }
  | { kind: 'export'; file: File }
  | { kind: 'choice'; models: ModelChoice[] }
  | { kind: 'problem'; message: string };

/** One of several models that were dropped together. */
export interface ModelChoice {
  name: string;
  files: File[];
}

const largestText = 1_000_000;

const pathOf = (file: File) => file.webkitRelativePath || file.name;
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);

/** Folders of models, none inside of another's: training leaves checkpoints in subfolders of a model. */
function modelFolders(files: readonly File[]): string[] {
  const configs = files.filter(({ name }) => name === 'config.json' || name === 'hparams.json');
  const folders = [...new Set(configs.map((file) => folderOf(pathOf(file))))];
  const depth = (folder: string) => folder.split('/').length;
  const outermost = Math.min(...folders.map(depth));
  return folders.filter((folder) => depth(folder) === outermost);
}

/** Weights files of one folder of which any may be meant; none where an index or the usual name decides. */
function rivals(files: readonly File[], folder: string): File[] {
  const here = files.filter((file) => folderOf(pathOf(file)) === folder);
  const names = here.map((file) => file.name);
  const config = names.includes('config.json');
  const usual = ['model.safetensors', 'pytorch_model.bin', 'ckpt.pt', 'hparams.json', 'adapter_config.json'];
  if (names.some((name) => usual.includes(name) || name.endsWith('.index.json'))) return [];
  const weights = config ? /\.safetensors$/ : /\.(bin|pth?)$/;
  const found = here.filter(({ name }) => weights.test(name) && !name.endsWith('tokenizer.bin'));
  return found.length < 2 ? [] : found;
}

/** The models among the files, where there are several to choose from. */
function choicesOf(files: readonly File[]): ModelChoice[] {
  const folders = modelFolders(files);
  if (folders.length > 1)
    return folders.map((folder) => ({
      name: folder.replace(/\/$/, ''),
      files: files.filter((file) => pathOf(file).startsWith(folder)),
    }));
  const several = rivals(files, folders[0] ?? folderOf(pathOf(files[0] as File)));
  return several.map((one) => ({
    name: one.name,
    files: files.filter((file) => file === one || !several.includes(file)),
  }));
}

const isText = (file: File) => file.type.startsWith('text/') || /\.(txt|md|text)$/i.test(file.name);

/** Says what the files are before anything is done with them; which formats can be loaded is for the load to say. */
export function sortDroppedFiles(files: readonly File[]): DroppedFiles {
  const [first] = files;
  if (!first) return { kind: 'problem', message: fileProblems.empty };
  if (files.length === 1 && first.name.endsWith('.vitrine')) return { kind: 'export', file: first };
  if (files.length === 1 && isText(first) && first.size <= largestText) return { kind: 'text', file: first };
  const models = choicesOf(files);
  if (models.length > 0) return { kind: 'choice', models };
  return { kind: 'model', files: [...files] };
}

/** The part of a dropped entry that is read. */
export interface DroppedEntry {
  isFile: boolean;
  isDirectory: boolean;
  fullPath: string;
  name: string;
}

interface FileEntry extends DroppedEntry {
  file(done: (file: File) => void, failed: (error: Error) => void): void;
}

interface DirectoryEntry extends DroppedEntry {
  createReader(): {
    readEntries(done: (entries: DroppedEntry[]) => void, failed: (error: Error) => void): void;
  };
}

const mostFiles = 2000;

/** A directory gives its entries in parts; an empty part is the last. */
async function entriesOf(directory: DirectoryEntry): Promise<DroppedEntry[]> {
  const reader = directory.createReader();
  const all: DroppedEntry[] = [];
  for (;;) {
    const part = await new Promise<DroppedEntry[]>((done, failed) => reader.readEntries(done, failed));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

async function fileOf(entry: FileEntry): Promise<File> {
  const file = await new Promise<File>((done, failed) => entry.file(done, failed));
  // As a folder that was chosen has it; a dropped one leaves it empty.
  const path = entry.fullPath.replace(/^\//, '');
  if (path.includes('/')) Object.defineProperty(file, 'webkitRelativePath', { value: path });
  return file;
}

/** All files of what was dropped, those in folders with their path. */
export async function readDropped(dropped: readonly (DroppedEntry | File)[]): Promise<File[]> {
  const files: File[] = [];
  const waiting = [...dropped];
  for (let entry = waiting.shift(); entry && files.length < mostFiles; entry = waiting.shift()) {
    if (entry.name.startsWith('.')) continue;
    if (entry instanceof File) files.push(entry);
    else if (entry.isFile) files.push(await fileOf(entry as FileEntry));
    else if (entry.isDirectory) waiting.push(...(await entriesOf(entry as DirectoryEntry)));
  }
  return files;
}
