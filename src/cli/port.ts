import { once } from 'node:events';
import { createServer } from 'node:net';
import { VitrineError } from '../lib/index.ts';

/**
 * Tries a port before a model is loaded, which may take minutes. Port 0 is any free one.
 * @throws VitrineError `network` for one that is taken or not allowed
 */
export async function checkPort(port: number, host: string): Promise<void> {
  const probe = createServer();
  try {
    probe.listen(port, host);
    await once(probe, 'listening');
  } catch (error) {
    throw portError(error, port, host);
  } finally {
    probe.close();
  }
}

/** The error of a server that could not listen. */
export function portError(cause: unknown, port: number, host: string): VitrineError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const reasons: Record<string, string> = {
    EADDRINUSE: `Port ${port} of ${host} is taken by another program. Choose another one with --port, or a free one with --port 0.`,
    EACCES: `Port ${port} of ${host} is not allowed to this user. Choose one above 1023 with --port.`,
    EADDRNOTAVAIL: `--host ${host} is no address of this machine. Use 127.0.0.1, or 0.0.0.0 for all.`,
  };
  return new VitrineError('network', reasons[code ?? ''] ?? `${host}:${port} cannot be served: ${message}`, {
    cause,
  });
}
