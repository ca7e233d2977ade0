import { startHash } from './digest.ts';

/** Bytes to hash, or `digest` when there are no more. */
export type HashRequest = Uint8Array<ArrayBuffer> | 'digest';
/** `ready` at the start, `hashed` for each piece, and the digest last. */
export type HashAnswer = 'ready' | 'hashed' | Uint8Array<ArrayBuffer>;

/** The script of the worker that hashes one file beside the thread that loads it. */
const scope = self as unknown as {
  postMessage(message: HashAnswer): void;
  onmessage: ((event: MessageEvent<HashRequest>) => void) | null;
};

const hash = startHash();
scope.onmessage = ({ data }) => {
  if (data === 'digest') return scope.postMessage(hash.digest());
  hash.update(data);
  scope.postMessage('hashed');
};
scope.postMessage('ready');
