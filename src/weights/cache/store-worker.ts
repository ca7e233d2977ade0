import { serveStore } from './serve-store.ts';
import type { StoreReply, StoreRequest } from './store-calls.ts';

/** The script of the worker that hashes and stores what a load has used. */
const scope = self as unknown as {
  postMessage(message: StoreReply, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<StoreRequest>) => void) | null;
};

const take = serveStore((reply, transfer) => scope.postMessage(reply, transfer));
scope.onmessage = ({ data }) => take(data);
