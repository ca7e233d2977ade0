import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { findVulkan } from '../tools/vulkan.ts';
import { root } from './support/sites.ts';
import { startStaticServer } from './support/static-server.ts';

/** The package as others get it, installed into an empty project; the README's examples run as printed. */
const examples = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(
  ([, code]) => code ?? '',
);
let project = '';
let tarball = '';

const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, encoding: 'utf8' });

test.beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'vitrine-project-'));
  const packed = npm(['pack', '--silent', '--ignore-scripts', '--pack-destination', project], root);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }');
  tarball = join(project, packed.trim().split('\n').at(-1) ?? '');
  npm(['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', tarball], project);
  mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
  for (const name of ['react', 'react-dom', 'scheduler', '@types/react'])
    symlinkSync(join(root, 'node_modules', name), join(project, 'node_modules', name));
});

test.afterAll(() => rmSync(project, { recursive: true, force: true }));

test('the package holds what it should and nothing more', () => {
  const [pack] = JSON.parse(npm(['pack', '--dry-run', '--json', '--ignore-scripts'], root)) as [
    { files: { path: string; size: number }[] },
  ];
  const paths = pack.files.map(({ path }) => path);
  for (const needed of [
    'vitrine.js',
    'vitrine.d.ts',
    'vitrine-worker.js',
    'vitrine-store-worker.js',
    'vitrine-node.js',
    'vitrine-node.d.ts',
    'cli.js',
    'vitrine-openai.js',
    'vitrine-openai.d.ts',
    'vitrine-remote.js',
    'vitrine-remote.d.ts',
    'vitrine-ai-sdk.js',
    'vitrine-ai-sdk.d.ts',
    'vitrine-react.js',
    'vitrine-react.d.ts',
    'embed.js',
    'embed.d.ts',
    'custom-elements.json',
  ])
    expect(paths).toContain(`dist/${needed}`);
  expect(
    paths.filter((path) => !/^(dist\/(?!docs\/)|README|LICENSE|CHANGELOG|package\.json)/.test(path)),
  ).toEqual([]);
  const code = pack.files.filter(({ path }) => !path.startsWith('dist/models/'));
  expect(code.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(2.5e6);
  execFileSync(join(root, 'node_modules/.bin/publint'), ['--strict'], { cwd: root, stdio: 'pipe' });
});

test('the types are those of the code, whichever way they are found', () => {
  // An ES module alone: CommonJS and the resolution of Node 10 are not served.
  const args = [tarball, '--profile', 'esm-only', '--no-emoji'];
  execFileSync(join(root, 'node_modules/.bin/attw'), args, { cwd: root, stdio: 'pipe' });
});

const consumer = `
import { loadModel, VitrineError, type GeneratedToken, type Model, type VitrineErrorCode } from 'vitrine';
import { usage, type VitrineDemo } from 'vitrine/embed';
import { openFolder } from 'vitrine/node';
import { type Completion, createClient } from 'vitrine/openai';
import { VitrineDemo as Demo, type VitrineDemoElement } from 'vitrine/react';
import { remoteModel } from 'vitrine/remote';

const model: Model = await loadModel('tiny-tales', { dtype: 'int8', signal: new AbortController().signal });
const tokens: GeneratedToken[] = [];
for await (const token of model.generate('Once', { maxNewTokens: 4 })) tokens.push(token);
const demo: VitrineDemo = document.createElement('vitrine-demo');
const code: VitrineErrorCode = new VitrineError('disposed', 'gone').code;
// @ts-expect-error There is no such dtype.
void loadModel('tiny-tales', { dtype: 'f8' });
// @ts-expect-error Numbers, not names.
const wrong: string = model.encode('Once')[0];
const local: Model = await loadModel(await openFolder('model'));
demo.maxNewTokens = 4;
const distant: Model = await remoteModel({ baseUrl: 'http://127.0.0.1:8000/v1', model: 'm' });
const answer: Completion = await createClient(distant).completions.create({ prompt: ['Once'], max_tokens: 2 });
const shown: (at: VitrineDemoElement | null) => void = (at) => void at?.generate();
Demo({ prompt: 'Once', stop: ['.'], maxNewTokens: 4, eos: false, className: 'wide', ref: shown, onToken: ({ logprob }) => logprob.toFixed() });
// @ts-expect-error A number of tokens is no list.
Demo({ maxNewTokens: [4] });
// @ts-expect-error There is no such event.
Demo({ onWritten: () => {} });
console.log(answer.choices, local.id, tokens, demo.text, code, usage().gpuBytes, wrong);
`;

/**
 * How compilers find a package's types, the module kind each goes with, and a compiler: TypeScript 6 and 7 each read the
 * types once. node16 finds them as nodenext does.
 */
const resolutions = [
  { moduleResolution: 'bundler', module: 'esnext', compiler: 'typescript-7' },
  { moduleResolution: 'nodenext', module: 'nodenext', compiler: 'typescript' },
];

for (const { moduleResolution, module, compiler } of resolutions)
  test(`the types stand by themselves, found as ${moduleResolution} does`, () => {
    writeFileSync(join(project, 'consumer.ts'), consumer);
    const options = { strict: true, noEmit: true, target: 'es2022', lib: ['es2022', 'dom'], types: [] };
    writeFileSync(
      join(project, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, files: ['consumer.ts'] }),
    );
    const tsc = join(root, 'node_modules', compiler, 'bin/tsc');
    const run = spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: project, encoding: 'utf8' });
    expect(run.stdout).toBe('');
    expect(run.status).toBe(0);
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

const component = /```jsx\n([\s\S]*?)```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';

test('the React component of the README renders, writes and tells it, in a project built with Vite', async ({
  page,
}) => {
  const app = join(project, 'react');
  mkdirSync(app);
  cpSync(join(project, 'node_modules/vitrine/dist/models'), join(app, 'public/models'), { recursive: true });
  writeFileSync(
    join(app, 'index.html'),
    '<!doctype html><div id="root"></div><script type="module" src="./main.jsx"></script>',
  );
  writeFileSync(
    join(app, 'main.jsx'),
    `${component}\nimport { createRoot } from 'react-dom/client';\ncreateRoot(document.getElementById('root')).render(<Demo />);`,
  );
  execFileSync(
    process.execPath,
    [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--target', 'es2022'],
    { cwd: app, stdio: 'pipe' },
  );
  const site = await startStaticServer({ mounts: { '/': join(app, 'dist') } });
  try {
    const logged = page.waitForEvent('console', { predicate: (message) => /^\d+$/.test(message.text()) });
    await page.goto(site.origin);
    await page.getByRole('button', { name: /^Run/ }).click();
    expect(Number((await logged).text())).toBeGreaterThan(0);
    await expect(page.getByRole('log')).toHaveText(/^A fox.+/);
    await expect(page.locator('vitrine-demo')).toHaveAttribute('max-new-tokens', /\d+/);
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

/** The example that imports a door, run in Node on the CPU. */
function runExample(entry: string): string {
  const code = examples.find((example) => example.includes(`'vitrine/${entry}'`)) ?? '';
  writeFileSync(join(project, `${entry}.js`), code);
  return execFileSync(process.execPath, [`${entry}.js`], { cwd: project, encoding: 'utf8', timeout: 60_000 });
}

test('options whose code is fetched when asked for work in what is built', () => {
  const code = `
    import { loadModel } from 'vitrine';
    import { openFolder } from 'vitrine/node';
    const model = await loadModel(await openFolder('node_modules/vitrine/dist/models/tiny-tales'));
    for (const options of [{ dryMultiplier: 1 }, { constraint: { choices: [' queen', ' princess'] } }, { temperature: 0, numBeams: 2 }]) {
      let text = '';
      for await (const token of model.generate('Once upon a time', { maxNewTokens: 8, ...options })) text += token.text;
      console.log(text);
    }
    model.dispose();`;
  writeFileSync(join(project, 'options.js'), code);
  const lines = execFileSync(process.execPath, ['options.js'], { cwd: project, encoding: 'utf8' });
  expect(lines).toMatch(/^.+\n (queen|princess)\n.+/);
});

test("the README's example of OpenAI's client runs", () => {
  expect(runExample('openai')).toMatch(/\w+ \w+ \w+/);
});

test("the README's example of the AI SDK runs, by its real package", () => {
  symlinkSync(join(root, 'node_modules/ai'), join(project, 'node_modules/ai'));
  expect(runExample('ai-sdk')).toMatch(/\w+ \w+ \w+/);
});

test("the README's server answers OpenAI's client, and is a model from afar", async () => {
  const command =
    /```sh\nnpx (vitrine serve .+)\n/.exec(readFileSync(join(root, 'README.md'), 'utf8'))?.[1] ?? '';
  const server = spawn(join(project, 'node_modules/.bin/vitrine'), command.split(' ').slice(1), {
    cwd: project,
  });
  try {
    const said: Buffer[] = [];
    server.stderr.on('data', (part: Buffer) => said.push(part));
    // A port that is taken ends it, with a line that says so.
    const ended = once(server, 'exit').then(() => said);
    const [line = ''] = (await Promise.race([once(server.stdout, 'data'), ended])) as Buffer[];
    expect(line.toString()).toContain('tiny-tales is served at http://127.0.0.1:8000/v1');
    symlinkSync(join(root, 'node_modules/openai'), join(project, 'node_modules/openai'));
    for (const entry of ['openai', 'vitrine/remote']) {
      const client = examples.find((example) => example.includes(`from '${entry}'`)) ?? '';
      writeFileSync(join(project, 'client.js'), client);
      const written = spawn(process.execPath, ['client.js'], { cwd: project });
      expect(String(await once(written.stdout, 'data'))).toMatch(/\w+ \w+ \w+/);
    }
  } finally {
    server.kill();
  }
});
