import { startHubServer } from '../test/support/hub-server.ts';
import { ensureBrowser } from './browser.ts';
import { launch } from './check-weights/browser.ts';
import { checks, file, nanoGpt, results, smallFile, smallLayers } from './check-weights/checks.ts';
import { bundle, id, nanoGptId, page, smallId, weights } from './check-weights/page.ts';
import { gpt2ShapedConfig } from './gpt2-shape.ts';

/**
 * The loading of weights in a real browser, on a file of the 124M model's size: memory, storage, resuming, two tabs; and
 * how long a smaller one takes beside a download that is dropped.
 * Prints figures; exits with 1 when one is out of bounds. Names of checks as arguments run those alone.
 */
await ensureBrowser();
console.log(`A file of ${file.bytes} bytes, SHA-256 ${await file.sha256()}`);
const filesWith = (config: string, checkpoint: typeof file) => ({
  [weights]: checkpoint,
  'config.json': config,
  'vocab.json': '{}',
  'merges.txt': '',
});
const server = await startHubServer({
  repos: {
    [id]: { files: filesWith(gpt2ShapedConfig(), file) },
    [smallId]: { files: filesWith(gpt2ShapedConfig(smallLayers), smallFile) },
    [nanoGptId]: { files: { 'ckpt.pt': nanoGpt.file } },
  },
  folders: { app: { 'index.html': page, ...(await bundle()) }, small: { [weights]: smallFile } },
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
