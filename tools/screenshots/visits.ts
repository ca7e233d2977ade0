import type { BrowserContext, Locator, Page } from 'playwright';
import type { HubServer } from '../../test/support/hub-server.ts';

/** What a state has beside its page. */
export interface Surroundings {
  hub: HubServer;
  context: BrowserContext;
}

const story = '?prompt=Once+upon+a+time&seed=7&max-new-tokens=140';
export const short = '?prompt=Once+upon+a+time&seed=7&max-new-tokens=60';

export async function open(page: Page, query = story) {
  await page.goto(`./${query}`);
}

export async function ready(page: Page) {
  await page.locator('[data-testid=status][data-phase=ready]').waitFor();
  await page.waitForTimeout(900);
}

export async function opened(page: Page, query = story) {
  await open(page, query);
  await ready(page);
}

/** The pointer on one of the written tokens, or on one after it: a line's end has none that can be pointed at. */
export async function hover(page: Page, nth: number): Promise<void> {
  for (let at = nth; at < nth + 5; at += 1) {
    const box = await page.locator('.token-layer [data-origin=model]').nth(at).boundingBox();
    if (!box) throw new Error('A token is not on the page.');
    await page.mouse.move(box.x + box.width / 2 - 2, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 3 });
    const choice = page.getByTestId('alternatives').getByRole('button').first();
    const shown = await choice.waitFor({ timeout: 3000 }).then(
      () => true,
      () => false,
    );
    if (shown) return page.getByTestId('next').getByRole('row').nth(4).waitFor();
  }
  throw new Error('No token could be pointed at.');
}

export async function dialog(page: Page, name: string): Promise<Locator> {
  await page.getByRole('button', { name: name === 'Models' ? /^Model:/ : name }).click();
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(300);
  return page.getByRole('dialog');
}

export const hubModel = (hub: HubServer, id: string) =>
  `?hub=${encodeURIComponent(hub.hub)}&model=${id}&prompt=Hello&max-new-tokens=4`;

export async function branches(page: Page) {
  await opened(page, short);
  for (const nth of [6, 14]) {
    await hover(page, nth);
    await page.locator('[data-testid=alternatives] button:not([aria-current])').first().click();
    await page.mouse.move(5, 400);
    await ready(page);
  }
  await page.getByRole('tab', { name: 'Versions' }).click();
}

export async function downloading(page: Page, { hub }: Surroundings) {
  await open(page, hubModel(hub, 'vitrine/plain'));
  await page.getByRole('button', { name: 'Load it' }).click();
  await page
    .getByTestId('status')
    .filter({ hasText: /weights: .+ of .+\/s, .+ left/ })
    .waitFor();
}

export async function stretched(page: Page) {
  await opened(page);
  await dialog(page, 'Models');
  await page.locator('dialog').evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
}

export async function failing(page: Page, { hub }: Surroundings, id: string) {
  await open(page, hubModel(hub, id));
  await page.getByRole('button', { name: 'Load it' }).click();
  await page.getByTestId('error').waitFor();
}

export async function selfCheck(page: Page) {
  await opened(page, short);
  const box = await dialog(page, 'Device');
  await box.getByRole('button', { name: /check/i }).first().click();
  await box.getByTestId('self-check').waitFor();
  await page.waitForTimeout(300);
  await box.getByTestId('self-check').scrollIntoViewIfNeeded();
}

/** The frame's page with one element in it, and a word looked at. */
export async function embedded(page: Page) {
  await page.goto('./embed.html?seed=7&max-new-tokens=60');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('status').filter({ hasText: '60 tokens' }).waitFor();
  await page.getByRole('log').locator('span').nth(7).click();
  await page.mouse.move(0, 0);
}

/** Goes to a step of the guide, counted from 1, and takes its action. */
export async function guide(page: Page, step: number): Promise<void> {
  await page.getByRole('button', { name: 'How it works' }).click();
  const box = page.getByTestId('guide');
  for (let at = 1; at < step; at++) await box.getByRole('button', { name: 'Next', exact: true }).click();
  await box.locator('.row > button').first().click();
  await page.waitForTimeout(700);
}
