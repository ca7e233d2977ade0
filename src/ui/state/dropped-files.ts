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

/** Weights files of one folder of which any may be meant; none where an index or the usual name decides. */
function rivals(files: readonly File[]): string[] {
  const config = files.find((file) => file.name === 'config.json');
  if (!config) return [];
  const here = files.filter((file) => folderOf(pathOf(file)) === folderOf(pathOf(config)));
  const names = here.map((file) => file.name).filter((name) => name.endsWith('.safetensors'));
  const indexed = here.some((file) => file.name.endsWith('.safetensors.index.json'));
  return indexed || names.includes('model.safetensors') || names.length < 2 ? [] : names;
}

const isText = (file: File) => file.type.startsWith('text/') || /\.(txt|md|text)$/i.test(file.name);

/** Says what the files are before anything is done with them; which formats can be loaded is for the load to say. */
export function sortDroppedFiles(files: readonly File[]): DroppedFiles {
  const [first] = files;
  if (!first) return { kind: 'problem', message: fileProblems.empty };
  if (files.length === 1 && first.name.endsWith('.vitrine')) return { kind: 'export', file: first };
  if (files.length === 1 && isText(first) && first.size <= largestText) return { kind: 'text', file: first };
  const several = rivals(files);
  if (several.length > 0) return { kind: 'problem', message: fileProblems.severalWeights(several) };
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
