import { Host } from './host.ts';
import type { Request, Response } from './protocol.ts';

/** Serves calls that come to this worker by messages. */
export function serve(): void {
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
}
