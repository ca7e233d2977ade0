import type { Port, Request, Response } from '../../src/worker/protocol.ts';

/** Both ends of a channel that copies messages as a worker's does: the client's, the host's. */
export function channel(): [Port<Request, Response>, Port<Response, Request>] {
  const takes: ((message: never) => void)[] = [() => {}, () => {}];
  const end = (own: number) => ({
    post: (message: Request | Response) => {
      // Node's copies of files are not files.
      const whole = message?.type === 'call' && message.name === 'load';
      const copy = whole ? message : structuredClone(message);
      // Each message is a turn of the event loop of its own.
      setImmediate(() => takes[1 - own]?.(copy as never));
    },
    listen: (take: (message: never) => void) => {
      takes[own] = take;
    },
  });
  return [end(0), end(1)] as [Port<Request, Response>, Port<Response, Request>];
}
