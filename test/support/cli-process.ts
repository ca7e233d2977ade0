import { createServer } from 'vite';
import type * as commands from '../../src/cli/commands.ts';

/** The command line on the sources, in a process of its own: what `dist/cli.js` is after a build. */
const root = new URL('../..', import.meta.url).pathname;
const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  optimizeDeps: { noDiscovery: true },
});
const { runCommand } = (await server.ssrLoadModule('/src/cli/commands.ts')) as typeof commands;
const { stdout, stderr } = process;
const status = await runCommand(process.argv.slice(2), { bundled: `${root}/public/models`, stdout, stderr });
stdout.write('', () => process.exit(status));
