import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { policyText } from '../tools/build/csp.ts';
import { startStaticServer } from './support/static-server.ts';

/** Runs as a page's own script, because what a test injects is not held by the policy. */
const probe = `
  const may = (task) => { try { task(); return 'yes'; } catch { return 'no'; } };
  const wasm = may(() => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
  document.title = 'wasm ' + wasm + ', script from text ' + may(() => new Function('return 1')());
`;

test("the site's policy allows WebAssembly and no script from text", async ({ page }) => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-policy-'));
  writeFileSync(join(folder, 'probe.js'), probe);
  const html = '<!doctype html><title>-</title><script type="module" src="/files/probe.js"></script>';
  const under = (policy: string) => ({ html, headers: { 'content-security-policy': policy } });
  const site = await startStaticServer({
    mounts: { '/files/': folder },
    pages: { '/site': under(policyText()), '/plain': under("script-src 'self'") },
  });
  try {
    await page.goto(`${site.origin}/site`);
    await expect(page).toHaveTitle('wasm yes, script from text no');
    // Without the word there is none: the probe sees what the policy does.
    await page.goto(`${site.origin}/plain`);
    await expect(page).toHaveTitle('wasm no, script from text no');
  } finally {
    await site.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
