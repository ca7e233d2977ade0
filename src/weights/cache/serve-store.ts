import { canWriteChunkFiles } from './chunk-files.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { StoreCalls, StoreReply, StoreRequest } from './store-calls.ts';

/** Serves the calls of one load: returns what takes them. */
export function serveStore(post: (reply: StoreReply) => void): (request: StoreRequest) => void {
  const writer = new ChunkWriter();
  const calls: StoreCalls = {
    canWrite: canWriteChunkFiles,
    begin: async ({ place, hashed }) => writer.begin(place, hashed),
    take: (chunk) => writer.take(chunk),
    end: () => writer.end(),
  };
  return async ({ id, name, value }) => {
    try {
      post({ id, value: await (calls[name] as (value: unknown) => Promise<unknown>)(value) });
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      post({ id, error: { name, message } });
    }
  };
}
