import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built site, the project's root, and where the built site is below a sub path. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const dist = join(root, 'dist');
export const subPath = '/some/odd%20path/';
export const sitePort = Number(process.env.VITRINE_TEST_PORT ?? 4180);
