import { VitrineError } from '../../lib/index.ts';
import { digestOf, toHex } from '../cache/digest.ts';
import { detachBuffer } from '../detach-buffer.ts';
import { identifiedBytes, refuseOtherFormats } from '../formats/identify-file.ts';
import { fileNames, type ListedFile, type Repository, type RepositoryFile } from './repository.ts';

/** A repository of files that the visitor dropped or picked, possibly whole folders. */
export function localFiles(id: string, given: File[]): Repository {
  const files = byPath(given);
  return {
    id,
    ref: undefined,
    scope: 'files',
    stored: false,
    async resolveRevision() {
      await refuseForeignFiles(files);
      const listed = new Map<string, ListedFile>();
      for (const [path, file] of files) listed.set(path, { path, bytes: file.size });
      const facts = [...files].map(([path, file]) => `${path} ${file.size} ${file.lastModified}`).sort();
      const digest = await digestOf(new TextEncoder().encode(facts.join('\n')));
      return { revision: toHex(digest).slice(0, 40), files: listed };
    },
    open: (_revision, file) => localFile(file.path, blobOf(files, file.path)),
    readWhole: async (_revision, path) => {
      const file = files.get(path);
      return file && new Uint8Array(await slice(file, 0, file.size));
    },
  };
}

function localFile(path: string, file: File): RepositoryFile {
  return {
    path,
    bytes: file.size,
    sha256: undefined,
    sequential: false,
    async *read(begin, end) {
      const bytes = new Uint8Array(await slice(file, begin, end));
      try {
        yield bytes;
      } finally {
        detachBuffer(bytes);
      }
    },
  };
}

async function slice(file: File, begin: number, end: number): Promise<ArrayBuffer> {
  try {
    return await file.slice(begin, end).arrayBuffer();
  } catch (cause) {
    throw new VitrineError(
      'not-found',
      `${file.name} can no longer be read: it was moved, changed or removed since it was chosen. Choose the files again.`,
      { cause },
    );
  }
}

/** Files whose presence marks the folder of a model. */
const markers: ReadonlySet<string> = new Set([
  fileNames.config,
  fileNames.hparams,
  fileNames.adapterConfig,
  fileNames.nanoGpt,
]);

/** Files by their paths relative to the model's folder, as in a repository. */
function byPath(given: File[]): Map<string, File> {
  const paths = given.map((file) => [file.webkitRelativePath || file.name, file] as const);
  const root = rootOf(paths.map(([path]) => path));
  const files = new Map<string, File>();
  for (const [path, file] of paths) if (path.startsWith(root)) files.set(path.slice(root.length), file);
  return renameWeights(files);
}

/** The model's folder, ending in a slash. The outermost one: training leaves checkpoints in subfolders. */
function rootOf(paths: readonly string[]): string {
  const depth = (path: string) => path.split('/').length;
  const found = paths.filter((path) => markers.has(path.split('/').pop() ?? ''));
  const outermost = Math.min(...found.map(depth));
  const roots = new Set(
    found.filter((path) => depth(path) === outermost).map((path) => path.replace(/[^/]*$/, '')),
  );
  if (roots.size > 1)
    throw new VitrineError(
      'invalid-argument',
      `There are ${roots.size} models among the files: ${[...roots].slice(0, 5).join(', ')}. Choose the folder of one of them.`,
    );
  return [...roots][0] ?? commonFolder(paths);
}

/** The folder shared by all paths; browsers prefix every path with the chosen folder. */
function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths;
  const folders = first.split('/').slice(0, -1);
  while (folders.length > 0 && !paths.every((path) => path.startsWith(`${folders.join('/')}/`)))
    folders.pop();
  return folders.length > 0 ? `${folders.join('/')}/` : '';
}

/** A single safetensors file is the model whatever its name: a browser may have saved it as `model (1).safetensors`. */
function renameWeights(files: Map<string, File>): Map<string, File> {
  const weights = [...files.keys()].filter((path) => path.endsWith('.safetensors'));
  const only = weights[0];
  const single = weights.length === 1 && !files.has(fileNames.safetensorsIndex);
  if (single && only && only !== fileNames.adapterWeights) {
    const file = files.get(only);
    files.delete(only);
    if (file) files.set(fileNames.safetensors, file);
  }
  return files;
}

/** If no file is a model, throws an error that says what the files are. */
async function refuseForeignFiles(files: ReadonlyMap<string, File>): Promise<void> {
  if ([...files.keys()].some((path) => markers.has(path))) return;
  for (const [path, file] of [...files].slice(0, 20)) {
    const front = new Uint8Array(await slice(file, 0, Math.min(identifiedBytes, file.size)));
    refuseOtherFormats(front, path);
  }
}

function blobOf(files: Map<string, File>, path: string): File {
  const file = files.get(path);
  if (file) return file;
  throw new VitrineError('not-found', `${path} is not among the files. Choose all files of the model.`);
}
