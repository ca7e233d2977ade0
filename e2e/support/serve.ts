import { join } from 'node:path';
import { startStaticServer } from './static-server.ts';

/** The built site at the root and, as a project page would be, below an odd path. */
const dist = join(import.meta.dirname, '../../dist');
const server = await startStaticServer({
  mounts: { '/': dist, '/some/odd path/': dist, '/some/odd%20path/': dist },
  headers: { 'access-control-allow-origin': '*' },
  port: Number(process.argv[2] ?? 4180),
});
console.log(`dist/ at ${server.origin}/`);
