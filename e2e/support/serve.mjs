import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStaticServer } from './static-server.mjs';

/** The built site at the root and, as a project page would be, below an odd path. */
const dist = join(dirname(fileURLToPath(import.meta.url)), '../../dist');
const server = await startStaticServer({
  mounts: { '/': dist, '/some/odd path/': dist, '/some/odd%20path/': dist },
  headers: { 'access-control-allow-origin': '*' },
  port: Number(process.argv[2] ?? 4180),
});
console.log(`dist/ at ${server.origin}/`);
