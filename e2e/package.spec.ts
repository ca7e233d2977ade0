import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { findVulkan } from '../tools/vulkan.mjs';
import { root } from './support/sites.ts';
import { startStaticServer } from './support/static-server.mjs';

/** The package as others get it, installed into an empty project; the README's examples run as printed. */
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, code]) => code ?? '',
);
let project = '';

const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

test.beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'vitrine-project-'));
  const packed = npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', project], root);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  const file = join(project, packed.trim().split('\n').at(-1) ?? '');
  npm(['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', file], project);
});

test.afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the package holds what it should and nothing more', () => {
  const [pack] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], root)) as [
    { files: { path: string }[] },
  ];
  const paths = pack.files.map(({ path }) => path);
  for (const needed of ['dist/vitrine.js', 'dist/vitrine.d.ts', 'dist/vitrine-engine.js', 'dist/embed.js'])
    expect(paths).toContain(needed);
  expect(paths.filter((path) => !/^(dist\/|README|LICENSE|CHANGELOG|package\.json)/.test(path))).toEqual([]);
  execFileSync(join(root, 'node_modules/.bin/publint'), ['--strict'], { cwd: root, stdio: 'pipe' });
});

test('the library example of the README runs in a project built with Vite', async ({ page }) => {
  writeFileSync(join(project, 'index.html'), '<!doctype html><script type="module" src="/main.js"></script>');
  writeFileSync(join(project, 'main.js'), examples[0] ?? '');
  cpSync(join(project, 'node_modules/vitrine/dist/models'), join(project, 'public/models'), {
    recursive: true,
  });
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--target', 'es2022'],
    {
      cwd: project,
      stdio: 'pipe',
    },
  );
  const site = await startStaticServer({ mounts: { '/': join(project, 'dist') } });
  try {
    await page.goto(site.origin);
    await expect.poll(() => page.textContent('body'), { timeout: 60_000 }).toMatch(/\w+ \w+ \w+ \w+ \w+/);
  } finally {
    await site.close();
  }
});

test('the Node example of the README runs on Dawn', async () => {
  const { driver, why } = await findVulkan();
  test.skip(why !== undefined, why);
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(join(root, 'node_modules/webgpu'), join(project, 'node_modules/webgpu'));
  writeFileSync(join(project, 'write.js'), examples[1] ?? '');
  const env = { ...process.env, ...(driver ? { VK_ICD_FILENAMES: driver } : {}) };
  const text = execFileSync(process.execPath, ['write.js'], {
    cwd: project,
    env,
    encoding: 'utf8',
    timeout: 100_000,
  });
  expect(text).toMatch(/\w+ \w+ \w+ \w+ \w+/);
});
