import { fileProblems } from '../messages/index.ts';

/** What files that a visitor dropped or chose turn out to be. */
export type DroppedFiles =
  | { kind: 'model'; files: File[] }
  | { kind: 'text'; file: File }
  | { kind: 'export'; file: File }
  | { kind: 'problem'; message: string };

const largestText = 1_000_000;

const pathOf = (file: File) => file.webkitRelativePath || file.name;
const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1);
const named = (files: readonly File[], pattern: RegExp) => files.find((file) => pattern.test(file.name));

/** Folders that hold a model and lie in no other of them: a repository's own subfolders are its own business. */
function modelFolders(files: readonly File[]): string[] {
  const folders = files.filter((file) => file.name === 'config.json').map((file) => folderOf(pathOf(file)));
  return folders.filter((folder) => !folders.some((other) => other !== folder && folder.startsWith(other)));
}

/** Two weights files of no common index: which one is meant cannot be known. */
function rivals(files: readonly File[], folder: string): string[] {
  const here = files.filter((file) => folderOf(pathOf(file)) === folder);
  const names = here.map((file) => file.name).filter((name) => name.endsWith('.safetensors'));
  const indexed = here.some((file) => file.name.endsWith('.safetensors.index.json'));
  return indexed || names.includes('model.safetensors') || names.length < 2 ? [] : names;
}

/** Why files without a config.json are no model, by what they are instead. */
function problemOf(files: readonly File[]): string {
  const [first] = files;
  if (!first) return fileProblems.empty;
  const known: [RegExp, (name: string) => string][] = [
    [/\.gguf$/i, fileProblems.gguf],
    [/\.onnx$/i, fileProblems.onnx],
    [/\.(zip|7z|rar|tar|tgz|gz|xz)$/i, fileProblems.archive],
    [/\.(pt|pth|ckpt)$/i, fileProblems.checkpoint],
    [/\.(safetensors|bin)$/i, fileProblems.noConfig],
  ];
  for (const [pattern, say] of known) {
    const found = named(files, pattern);
    if (found) return say(found.name);
  }
  return fileProblems.noModel(files.length === 1 ? first.name : folderOf(pathOf(first)) || first.name);
}

const isText = (file: File) => file.type.startsWith('text/') || /\.(txt|md|text)$/i.test(file.name);

/** Says what the files are before anything is done with them. */
export function sortDroppedFiles(files: readonly File[]): DroppedFiles {
  const [only] = files;
  if (files.length === 1 && only?.name.endsWith('.vitrine')) return { kind: 'export', file: only };
  const folders = modelFolders(files);
  if (folders.length > 1) {
    const names = folders.map((folder) => folder.replace(/\/$/, '') || '.');
    return { kind: 'problem', message: fileProblems.several(names) };
  }
  const [folder] = folders;
  if (folder !== undefined) {
    const several = rivals(files, folder);
    if (several.length > 0) return { kind: 'problem', message: fileProblems.severalWeights(several) };
    return { kind: 'model', files: files.filter((file) => pathOf(file).startsWith(folder)) };
  }
  if (files.length === 1 && only && isText(only) && only.size <= largestText)
    return { kind: 'text', file: only };
  return { kind: 'problem', message: problemOf(files) };
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
