import { startHubServer } from '../test/support/hub-server.ts';
import { ensureBrowser } from './browser.ts';
import { launch } from './check-weights/browser.ts';
import { checks, file, results } from './check-weights/checks.ts';
import { bundle, id, page, weights } from './check-weights/page.ts';

/**
 * The loading of weights in a real browser, on a file of the 124M model's size: memory, storage, resuming, two tabs.
 * Prints figures; exits with 1 when one is out of bounds. Names of checks as arguments run those alone.
 */
await ensureBrowser();
console.log(`A file of ${file.bytes} bytes, SHA-256 ${await file.sha256()}`);
const files = {
  [weights]: file,
  'config.json': '{"model_type":"gpt2"}',
  'vocab.json': '{}',
  'merges.txt': '',
};
const server = await startHubServer({
  repos: { [id]: { files } },
  folders: { app: { 'index.html': page, 'weights.js': await bundle() } },
  hideHeaders: true,
  pieceBytes: 256 * 1024,
});
const { context, close } = await launch();
try {
  const named = checks.filter((check) => process.argv.includes(check.name));
  for (const check of named.length > 0 ? named : checks) await check(context, server);
} finally {
  await close();
  await server.close();
}
const passed = results.filter(Boolean).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exit(passed === results.length ? 0 : 1);
