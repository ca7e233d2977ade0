import { expect, type Page, test } from '@playwright/test';
import { EntryGraph } from '../tools/build/entry-graph.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/** A blog on one origin; the demo site it embeds from on another. */
let site: StaticServer;
let blog: StaticServer;

const policy = (origin: string) =>
  `default-src 'self'; script-src 'self' 'unsafe-inline' ${origin}; worker-src blob: ${origin}; connect-src ${origin}; style-src 'self'`;

const attributes = 'prompt="The old king" max-new-tokens="12" seed="5"';

function element(origin: string, markup: string): string {
  return `<!doctype html><title>Blog</title><script>
    window.seen = [];
    for (const type of ['ready', 'token', 'done', 'error'])
      addEventListener(type, (event) => event.detail && seen.push({ type, detail: event.detail }));
  </script><script type="module" src="${origin}/embed.js"></script>${markup}`;
}

test.beforeAll(async () => {
  site = await startStaticServer({ mounts: { '/': dist }, headers: { 'access-control-allow-origin': '*' } });
  const one = `<vitrine-demo ${attributes}></vitrine-demo>`;
  blog = await startStaticServer({
    pages: {
      '/one': {
        html: element(site.origin, one),
        headers: { 'content-security-policy': policy(site.origin) },
      },
      '/no-worker': {
        html: element(site.origin, one),
        headers: { 'content-security-policy': policy(site.origin).replace(/worker-src[^;]*;/, '') },
      },
      '/two': { html: element(site.origin, one.replace('>', ' autoload="now">').repeat(2)) },
      '/none': { html: element(site.origin, '') },
      '/blank': { html: '<!doctype html><title>Blog</title>' },
    },
  });
});

test.afterAll(async () => {
  await site.close();
  await blog.close();
});

type Seen = { type: string; detail: { text?: string; message?: string } }[];
const seen = (page: Page) => page.evaluate(() => (window as unknown as { seen: Seen }).seen);

async function untilDone(page: Page, times = 1): Promise<Seen> {
  await expect
    .poll(async () => (await seen(page)).filter(({ type }) => type === 'done' || type === 'error').length, {
      timeout: 90_000,
    })
    .toBe(times);
  return seen(page);
}

test('the element works from another origin, under the documented policy, and only once activated', async ({
  page,
}) => {
  const violations: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  site.requests.length = 0;
  await page.goto(`${blog.origin}/one`);
  await expect(page.getByRole('button', { name: 'Run' })).toBeVisible();
  const entry = new EntryGraph(dist).files('src/embed/element.ts').map((file) => `/${file}`);
  expect([...site.requests].sort()).toEqual(entry.sort());

  await page.getByRole('button', { name: 'Run' }).click();
  const events = await untilDone(page);
  expect(events.filter(({ type }) => type === 'error')).toEqual([]);
  expect(events.map(({ type }) => type)).toEqual(['ready', ...Array(12).fill('token'), 'done']);
  const pieces = events.filter(({ type }) => type === 'token').map(({ detail }) => detail.text);
  await expect(page.getByRole('log')).toHaveText(`The old king${pieces.join('')}`);
  expect(violations).toEqual([]);
});

test('where a policy forbids the worker, the element does without', async ({ page }) => {
  const violations: string[] = [];
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text());
  });
  await page.goto(`${blog.origin}/no-worker`);
  await page.getByRole('button', { name: 'Run' }).click();
  const events = await untilDone(page);
  expect(events.map(({ type }) => type)).toEqual(['ready', ...Array(12).fill('token'), 'done']);
  expect(violations.join()).toContain('blob:');
  expect(page.workers()).toEqual([]);
});

test('two elements share one model', async ({ page }) => {
  site.requests.length = 0;
  await page.goto(`${blog.origin}/two`);
  const events = await untilDone(page, 2);
  expect(events.filter(({ type }) => type === 'done')).toHaveLength(2);
  const [first, second] = events.filter(({ type }) => type === 'done').map(({ detail }) => detail.text);
  expect(first).toBe(second);
  const usage = await page.evaluate(async (url) => (await import(url)).usage(), `${site.origin}/embed.js`);
  expect(usage.models).toBe(1);
});

test('an element that leaves the page frees the GPU, 10 times over', { tag: '@gpu' }, async ({ page }) => {
  test.setTimeout(180_000);
  await page.goto(`${blog.origin}/none`);
  const left = await page.evaluate(async (url) => {
    const { usage } = await import(url);
    const bytes: number[] = [];
    for (let i = 0; i < 10; i++) {
      const demo = document.createElement('vitrine-demo');
      demo.setAttribute('max-new-tokens', '2');
      document.body.append(demo);
      // The first and the last come to an end; the others are removed on the way.
      if (i % 9 === 0) {
        demo.click();
        await (demo as unknown as { generate(): Promise<void> }).generate();
        if (usage().gpuBytes === 0) throw new Error('nothing was loaded');
      } else {
        void (demo as unknown as { generate(): Promise<void> }).generate();
        await new Promise((resolve) => setTimeout(resolve, i * 37));
      }
      demo.remove();
      await new Promise((resolve) => setTimeout(resolve, 0));
      bytes.push(usage().gpuBytes, usage().models);
    }
    return bytes;
  }, `${site.origin}/embed.js`);
  expect(left).toEqual(Array(20).fill(0));
});

async function frame(page: Page, parent: string): Promise<void> {
  await page.goto(`${blog.origin}/blank`);
  const query = new URLSearchParams({ prompt: 'The old king', 'max-new-tokens': '8', seed: '5', parent });
  await page.evaluate((src) => {
    const heard: unknown[] = [];
    Object.assign(window, { heard });
    addEventListener('message', ({ data }) => heard.push(data));
    const element = document.createElement('iframe');
    element.src = src;
    document.body.append(element);
    return new Promise((resolve) => element.addEventListener('load', resolve));
  }, `${site.origin}/embed.html?${query}`);
}

type Heard = {
  vitrine: number;
  type: string;
  id?: number;
  ok?: boolean;
  height?: number;
  detail?: unknown;
}[];
const heard = (page: Page) => page.evaluate(() => (window as unknown as { heard: Heard }).heard);
const tell = (page: Page, message: unknown) =>
  page.evaluate((data) => document.querySelector('iframe')?.contentWindow?.postMessage(data, '*'), message);

test('a listed parent commands the frame and hears it', async ({ page }) => {
  await frame(page, blog.origin);
  await tell(page, { vitrine: 1, id: 1, type: 'set', values: { prompt: 'A fox', 'max-new-tokens': 4 } });
  await tell(page, { vitrine: 1, id: 2, type: 'set', values: { model: 'https://elsewhere.example/' } });
  await tell(page, { vitrine: 1, id: 3, type: 'generate' });
  await expect
    .poll(async () => (await heard(page)).map(({ type }) => type), { timeout: 90_000 })
    .toContain('done');
  const messages = await heard(page);
  expect(messages.every(({ vitrine }) => vitrine === 1)).toBe(true);
  expect(messages.filter(({ type }) => type === 'answer').map(({ id, ok }) => [id, ok])).toEqual([
    [1, true],
    [2, false],
    [3, true],
  ]);
  expect(messages.filter(({ type }) => type === 'token')).toHaveLength(4);
  expect(messages.find(({ type }) => type === 'height')?.height).toBeGreaterThan(50);
});

test('messages of an origin that is not listed are ignored', async ({ page }) => {
  await frame(page, 'https://somebody-else.example');
  await tell(page, { vitrine: 1, id: 1, type: 'hello' });
  await tell(page, { vitrine: 1, id: 2, type: 'generate' });
  const inside = page.frameLocator('iframe');
  await inside.getByRole('button', { name: 'Run' }).click();
  await expect(inside.getByRole('status')).toHaveText(/8 tokens/, { timeout: 90_000 });
  const types = new Set((await heard(page)).map(({ type }) => type));
  expect([...types]).toEqual(['height']);
});
