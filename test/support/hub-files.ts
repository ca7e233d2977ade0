import { createHash } from 'node:crypto';
import { closeSync, createReadStream, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { ServedFile, ServedFiles } from './hub-types.ts';

/** A file on disk, as it is served: size, any part, SHA-256. */
function diskFile(path: string): ServedFile {
  let digest: string | undefined;
  const { size, mtimeMs } = statSync(path);
  return {
    bytes: size,
    etag: `${size}-${Math.floor(mtimeMs)}`,
    read(begin, end) {
      const buffer = Buffer.alloc(end - begin);
      const handle = openSync(path, 'r');
      try {
        readSync(handle, buffer, 0, buffer.length, begin);
      } finally {
        closeSync(handle);
      }
      return buffer;
    },
    async sha256() {
      if (digest) return digest;
      const hash = createHash('sha256');
      for await (const piece of createReadStream(path)) hash.update(piece);
      digest = hash.digest('hex');
      return digest;
    },
  };
}

/** A file in memory. */
function memoryFile(content: string | Uint8Array): ServedFile {
  const buffer = Buffer.from(content);
  return {
    bytes: buffer.length,
    etag: createHash('sha1').update(buffer).digest('hex'),
    read: (begin, end) => buffer.subarray(begin, end),
    sha256: async () => createHash('sha256').update(buffer).digest('hex'),
  };
}

/** A folder name, or a table of path to content, as a map of files. */
export function filesOf(given: ServedFiles): Map<string, ServedFile> {
  const files = new Map<string, ServedFile>();
  if (typeof given === 'string') {
    for (const path of walk(given)) files.set(path, diskFile(join(given, path)));
    return files;
  }
  for (const [path, content] of Object.entries(given))
    files.set(path, typeof content === 'object' && 'read' in content ? content : memoryFile(content));
  return files;
}

function walk(folder: string, prefix = ''): string[] {
  if (!existsSync(folder)) throw new Error(`The folder ${folder} does not exist.`);
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? walk(join(folder, entry.name), `${path}/`) : [path];
  });
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

export function contentType(path: string): string {
  return types[extname(path)] ?? 'application/octet-stream';
}
