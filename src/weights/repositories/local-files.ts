import { VitrineError } from '../../lib/index.ts';
import { digestOf, toHex } from '../cache/digest.ts';
import { detachBuffer } from '../detach-buffer.ts';
import { fileNames, type ListedFile, type Repository, type RepositoryFile } from './repository.ts';

/** Files the visitor dropped or picked; a whole folder with its subfolders may be among them. */
export function localFiles(id: string, given: File[]): Repository {
  const files = byPath(given);
  return {
    id,
    ref: undefined,
    scope: 'files',
    stored: false,
    async resolveRevision() {
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

/** Paths as in a repository: relative to the folder that holds config.json. */
function byPath(given: File[]): Map<string, File> {
  const paths = given.map((file) => [file.webkitRelativePath || file.name, file] as const);
  const configs = paths.filter(([path]) => path.split('/').pop() === fileNames.config).map(([path]) => path);
  const root = configs.sort((a, b) => a.length - b.length)[0]?.slice(0, -fileNames.config.length) ?? '';
  const files = new Map<string, File>();
  for (const [path, file] of paths) if (path.startsWith(root)) files.set(path.slice(root.length), file);
  if (!files.has(fileNames.config))
    throw new VitrineError(
      'not-found',
      'config.json is not among the files: choose it together with the weights and the tokenizer files.',
    );
  return renameWeights(files);
}

/** One safetensors file of any name is the model; a browser may have saved it as `model (1).safetensors`. */
function renameWeights(files: Map<string, File>): Map<string, File> {
  const weights = [...files.keys()].filter((path) => path.endsWith('.safetensors'));
  const only = weights[0];
  if (weights.length === 1 && only && !files.has(fileNames.safetensorsIndex)) {
    const file = files.get(only);
    files.delete(only);
    if (file) files.set(fileNames.safetensors, file);
  }
  return files;
}

function blobOf(files: Map<string, File>, path: string): File {
  const file = files.get(path);
  if (file) return file;
  throw new VitrineError('not-found', `${path} is not among the files. Choose all files of the model.`);
}
