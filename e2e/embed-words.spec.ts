import { expect, type Page, test } from '@playwright/test';
import { expectAccessibleInBoth } from './page-support.ts';
import { dist } from './support/sites.ts';
import { type StaticServer, startStaticServer } from './support/static-server.ts';

/** What a reader does with the words of an embed: look at what else was likely, and write on from it. */
let site: StaticServer;
let blog: StaticServer;

const page = (body: string) =>
  `<!doctype html><html lang="en"><title>Blog</title><script>
    window.seen = [];
    for (const type of ['token', 'take', 'done', 'error'])
      addEventListener(type, (event) => event.detail && seen.push({ type, detail: event.detail }));
  </script><main><h1>Blog</h1>${body}</main></html>`;

test.beforeAll(async () => {
  site = await startStaticServer({ mounts: { '/': dist }, headers: { 'access-control-allow-origin': '*' } });
  const script = `<script type="module" src="${site.origin}/embed.js"></script>`;
  const demo = '<vitrine-demo prompt="Once upon a time" max-new-tokens="10" seed="7"></vitrine-demo>';
  blog = await startStaticServer({
    pages: {
      '/words': { html: page(demo + script) },
      '/wrong': { html: page(`<vitrine-demo temperature="hot"></vitrine-demo>${script}`) },
      '/early': {
        html: page(`<vitrine-demo></vitrine-demo><script>
          Object.assign(document.querySelector('vitrine-demo'),
            { prompt: 'A fox', maxNewTokens: 3, seed: 5, temperature: 0 });
        </script>${script}`),
      },
    },
  });
});

test.afterAll(async () => {
  await site.close();
  await blog.close();
});

type Detail = { index: number; id: number; text: string; tokens: number; code: string; message: string };
const seen = (on: Page, type: string) =>
  on.evaluate(
    (wanted) =>
      (window as unknown as { seen: { type: string; detail: Detail }[] }).seen
        .filter((each) => each.type === wanted)
        .map(({ detail }) => detail),
    type,
  );

async function run(on: Page, path: string, times = 1): Promise<void> {
  await on.goto(`${blog.origin}/${path}`);
  await on.getByRole('button', { name: 'Run' }).click();
  await untilDone(on, times);
}

const untilDone = (on: Page, times: number) =>
  expect.poll(async () => (await seen(on, 'done')).length, { timeout: 90_000 }).toBe(times);

const choices = (on: Page) => on.getByRole('list', { name: 'What could stand here' });

test('a word shows what else was likely, and another is written on from', async ({ page: on }) => {
  await run(on, 'words');
  const [first] = await seen(on, 'done');
  await expect(choices(on)).toBeHidden();
  await on.getByRole('log').locator('span').nth(2).click();
  await expect(choices(on).getByRole('button')).not.toHaveCount(0);
  await expect(choices(on).locator('[aria-current]')).toHaveCount(1);

  const other = choices(on).locator('button:not([aria-current])').first();
  const name = (await other.getAttribute('aria-label')) ?? '';
  await other.click();
  await untilDone(on, 2);
  const [taken] = await seen(on, 'take');
  expect(taken?.index).toBe(2);
  expect(name).toContain(JSON.stringify(taken?.text));
  const tokens = await seen(on, 'token');
  const again = tokens.slice(10);
  // What stood before the word stays, and the count goes on behind it.
  expect(again.map(({ index }) => index)).toEqual([3, 4, 5, 6, 7, 8, 9]);
  const kept = tokens.slice(0, 2).map(({ text }) => text);
  const whole = [...kept, taken?.text, ...again.map(({ text }) => text)].join('');
  await expect(on.getByRole('log')).toHaveText(`Once upon a time${whole}`);
  const [, second] = await seen(on, 'done');
  expect(second).toMatchObject({ text: whole, tokens: 10 });
  expect(second?.text).not.toBe(first?.text);
});

test('the words are reached by keyboard, and what was chosen keeps the focus', async ({ page: on }) => {
  await run(on, 'words');
  const text = on.getByRole('log');
  await text.focus();
  await on.keyboard.press('ArrowLeft');
  await expect(text.locator('span').last()).toHaveAttribute('aria-current', 'true');
  await on.keyboard.press('Home');
  await on.keyboard.press('ArrowRight');
  await expect(text.locator('span').nth(1)).toHaveAttribute('aria-current', 'true');
  const other = choices(on).locator('button:not([aria-current])').first();
  for (let i = 0; i < 4 && !(await other.evaluate((each) => each.matches(':focus'))); i++)
    await on.keyboard.press('Tab');
  await on.keyboard.press('Enter');
  await untilDone(on, 2);
  expect((await seen(on, 'take')).map(({ index }) => index)).toEqual([1]);
  await expect(text).toBeFocused();
  await on.keyboard.press('ArrowRight');
  await on.keyboard.press('Escape');
  await expect(choices(on)).toBeHidden();
});

test('no state of the element breaks an accessibility rule, in light and in dark', async ({ page: on }) => {
  await on.goto(`${blog.origin}/words`);
  await expect(on.getByRole('button', { name: 'Run' })).toBeVisible();
  await expectAccessibleInBoth(on);
  await on.getByRole('button', { name: 'Run' }).click();
  await untilDone(on, 1);
  await on.getByRole('log').locator('span').nth(3).click();
  await expect(choices(on)).toBeVisible();
  await expectAccessibleInBoth(on);
  await on.locator('vitrine-demo').evaluate((demo) => demo.setAttribute('top-k', 'many'));
  await on.getByRole('button', { name: 'Run' }).click();
  await expect(on.getByRole('status')).toContainText('top-k is "many"');
  await expectAccessibleInBoth(on);
});

test('a wrong attribute is named, and nothing is loaded for it', async ({ page: on }) => {
  await on.goto(`${blog.origin}/wrong`);
  site.requests.length = 0;
  await on.getByRole('button', { name: 'Run' }).click();
  await expect(on.getByRole('status')).toContainText('temperature is "hot"');
  expect(await seen(on, 'error')).toMatchObject([{ code: 'invalid-argument' }]);
  expect(site.requests).toEqual([]);
  await expect(on.getByRole('button', { name: 'Run' })).toBeVisible();
});

test('properties set before the script has come count like attributes', async ({ page: on }) => {
  await run(on, 'early');
  const demo = on.locator('vitrine-demo');
  await expect(demo).toHaveAttribute('max-new-tokens', '3');
  await expect(demo).toHaveAttribute('prompt', 'A fox');
  expect((await seen(on, 'done')).map(({ tokens }) => tokens)).toEqual([3]);
  await expect(on.getByRole('log')).toHaveText(/^A fox.+/s);
});

test('the link leads to the same text on the page of the site', async ({ page: on, context }) => {
  await on.goto(`${blog.origin}/words`);
  await on.getByRole('textbox', { name: 'Prompt' }).fill('A fox & a hen');
  const opening = context.waitForEvent('page');
  await on.getByRole('link', { name: 'Vitrine' }).click();
  const opened = await opening;
  await expect(opened.getByRole('textbox', { name: 'Text' })).toHaveValue(/^A fox & a hen/, {
    timeout: 60_000,
  });
  expect(new URL(opened.url()).searchParams.get('seed')).toBe('7');
});
