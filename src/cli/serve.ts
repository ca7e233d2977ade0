import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { isLoopback } from './access.ts';
import { type Flags, portOf } from './flags.ts';
import { type Environment, loadForCommand } from './load.ts';
import { checkPort, portError } from './port.ts';
import { createModelServer } from './server.ts';

/** Serves a model until the process is asked to end. */
export async function serve(what: string, flags: Flags, environment: Environment): Promise<void> {
  const port = portOf(flags);
  const host = (flags.host as string | undefined) ?? '127.0.0.1';
  const allowOrigins = (flags['allow-origin'] as string[] | undefined) ?? [];
  await checkPort(port, host);
  const { model, name: loaded } = await loadForCommand(what, flags, environment);
  const name = (flags.name as string | undefined) ?? loaded;
  const server = createModelServer(model, { name, host, allowOrigins });
  try {
    server.listen(port, host);
    await once(server, 'listening').catch((error: unknown) => {
      throw portError(error, port, host);
    });
    const { port: taken } = server.address() as AddressInfo;
    const shown = host.includes(':') ? `[${host}]` : host;
    environment.stdout.write(`${name} is served at http://${shown}:${taken}/v1\n`);
    if (!isLoopback(host))
      environment.stderr.write(`Whoever can reach ${host} can use it: there is no key.\n`);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  } finally {
    server.close();
    server.closeAllConnections();
    model.dispose();
  }
}
