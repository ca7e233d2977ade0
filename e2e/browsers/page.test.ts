import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { laneBrowser, openSite, patience, type Site, SitePage } from './lane.ts';

/**
 * The main paths of the page, in one visit. Where the browser has WebGPU the page uses it; elsewhere it writes on
 * the CPU, says so in one line, and nothing else differs.
 */
const webgpu = laneBrowser() === 'firefox';

let site: Site;
let vitrine: SitePage;

beforeAll(async () => {
  site = await openSite();
  vitrine = new SitePage(site.browser.page, site.origin);
});
afterAll(() => site?.close());

const text = async () => (await vitrine.part('text')) ?? '';

/** Puts the caret at the end of the text, without the mouse: what it passes over opens alternatives too. */
const focusEnd = () =>
  vitrine.page.evaluate(() => {
    const field = document.querySelector<HTMLTextAreaElement>('[data-testid=text]');
    field?.focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  });

/** Begins to write after this prompt on an empty sheet, greedily, so that the text is the same each time. */
const begin = async (prompt: string) => {
  await vitrine.push('Greedy');
  await vitrine.push('New');
  await focusEnd();
  await vitrine.page.type(prompt);
  await vitrine.page.click('[data-testid=write]');
};

describe('the page', () => {
  it('writes by itself with the bundled model', async () => {
    await vitrine.open();
    await expect.poll(text, patience).toMatch(/^Once upon a time.{20}/s);
    expect(await vitrine.count('[role=dialog]')).toBe(0);
    await vitrine.ready();
    expect((await text()).length).toBeGreaterThan(100);
    const notice = await vitrine.part('notice');
    if (webgpu) expect(notice).toBeNull();
    else expect(notice).toMatch(/Running on the CPU/);
  });

  it('breaks no rule of accessibility', async () => {
    expect(await vitrine.accessibilityViolations()).toEqual([]);
  });

  it('stops at Escape and continues at a press', async () => {
    // With WebGPU another load would compile all kernels once more, and 400 tokens take longer than this needs.
    if (webgpu) await begin('The old king');
    else await vitrine.open('?prompt=The+old+king&seed=1&max-new-tokens=400');
    await expect.poll(text, patience).toMatch(/^The old king.{10}/s);
    await vitrine.page.press('Escape');
    await vitrine.ready();
    expect(await vitrine.part('status')).toBe('Stopped');
    const stopped = await text();
    await vitrine.page.click('[data-testid=write]');
    await expect.poll(async () => (await text()).length, patience).toBeGreaterThan(stopped.length + 10);
    await vitrine.page.click('[data-testid=stop]');
    await vitrine.ready();
    expect((await text()).startsWith(stopped)).toBe(true);
  });

  it('shows the next-token probabilities of what is typed', async () => {
    await focusEnd();
    await vitrine.page.type(' There was once a');
    await expect
      .poll(() => vitrine.count('[data-testid=next] [role=row], [data-testid=next] tr'), patience)
      .toBe(11);
    await vitrine.push('Greedy');
    await expect.poll(() => vitrine.part('next'), patience).toContain('100 %');
  });

  it('writes on from another token that was chosen', async () => {
    await focusEnd();
    await vitrine.page.press('Alt+ArrowDown');
    const choices = '[data-testid=alternatives] button';
    await expect.poll(() => vitrine.count(choices), patience).toBe(10);
    const before = await text();
    // By the mouse: a window of headless Firefox never has the focus, so its buttons take no keys.
    await vitrine.page.click('[data-testid=alternatives] li:nth-child(2) button');
    await expect.poll(async () => (await text()).length, patience).toBeGreaterThan(before.length);
    await vitrine.page.press('Escape');
    await vitrine.ready();
    expect((await text()).startsWith(before)).toBe(true);
  });

  it('lists models in a dialog, which a key closes', async () => {
    await vitrine.push('Model');
    await expect.poll(() => vitrine.count('[role=dialog], dialog[open]'), patience).toBe(1);
    expect(await vitrine.accessibilityViolations()).toEqual([]);
    await vitrine.page.press('Escape');
    await expect.poll(() => vitrine.count('[role=dialog], dialog[open]'), patience).toBe(0);
  });

  // With WebGPU the device test checks more than this, and kernels take long to compile once more.
  if (!webgpu) {
    it('calculates right: the self check of the device dialog passes', async () => {
      await vitrine.push('Device');
      await vitrine.push('Check now');
      await expect
        .poll(() => vitrine.part('self-check'), { timeout: 600_000, interval: 250 })
        .toMatch(/^(Passed|Failed)/);
      expect(await vitrine.part('self-check')).toMatch(/^Passed/);
    });
  }
});
