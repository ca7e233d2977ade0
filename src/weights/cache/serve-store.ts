import { ChunkFileReader } from './chunk-file-reader.ts';
import { canWriteChunkFiles } from './chunk-files.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { StoreCalls, StoreReply, StoreRequest } from './store-calls.ts';

/** Serves the calls of one load: returns what takes them. */
export function serveStore(
  post: (reply: StoreReply, transfer: Transferable[]) => void,
): (request: StoreRequest) => void {
  const writer = new ChunkWriter();
  const reader = new ChunkFileReader();
  const calls: StoreCalls = {
    canWrite: canWriteChunkFiles,
    begin: async ({ place, hashed }) => writer.begin(place, hashed),
    take: (chunk) => writer.take(chunk),
    end: () => writer.end(),
    read: (chunk) => reader.read(chunk),
    endReading: () => reader.end(),
  };
  return async ({ id, name, value }) => {
    try {
      const result = await (calls[name] as (value: unknown) => Promise<unknown>)(value);
      post({ id, value: result }, chunkIn(result));
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ id, error: { name, message } }, []);
    }
  };
}

/** The buffer of a chunk that is given back. */
function chunkIn(result: unknown): Transferable[] {
  const bytes = (result as { bytes?: unknown } | undefined)?.bytes ?? result;
  return bytes instanceof Uint8Array ? [bytes.buffer as ArrayBuffer] : [];
}
