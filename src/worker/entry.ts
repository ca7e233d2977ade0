import { Host } from './host.ts';
import type { Request, Response } from './protocol.ts';

/** The script of the worker: serves calls that come to it by messages. */
const scope = self as unknown as {
  postMessage(message: Response, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<Request>) => void) | null;
};

new Host({
  post: (message, transfer = []) => scope.postMessage(message, transfer),
  listen: (take) => {
    scope.onmessage = ({ data }) => take(data);
  },
});
