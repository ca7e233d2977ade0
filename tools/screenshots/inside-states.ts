import type { Page } from 'playwright';
import type { PageState } from './page-state.ts';
import { open } from './visits.ts';

/** The finding of docs/finding.md: “She had a blue hat. One day she lost her blue”, by its token ids. */
const finding =
  'ids=1555.338.258.1737.2504.13.1622.521.340.1261.332.1737&by=y12&head=5.1&target=hat&foil=eyes';
const coat = new URLSearchParams({ clean: 'She had a blue coat. One day she lost her blue' });
const princess = new URLSearchParams({
  plus: 'the princess, the queen, she, her, the girl',
  minus: 'the prince, the king, he, him, the boy',
  push: '2:1.5',
});

/** A view of the finding, on the CPU. */
function view(name: string, hash: string, steps: (page: Page) => Promise<void>): PageState {
  return {
    name,
    size: [1280, 860],
    browser: 'none',
    async steps(page) {
      await open(page, `#${finding}&${hash}`);
      await page.getByTestId('inside').waitFor();
      await steps(page);
      await page.waitForTimeout(700);
    },
  };
}

/** The views of Inside. */
export const insideStates: PageState[] = [
  view('inside', 'inside=attention', (page) => page.getByText('Head 5.1 looks from ·blue at:').waitFor()),
  view('inside-lens', 'inside=lens', (page) => page.locator('.lens-best').waitFor()),
  view('inside-off', 'inside=off&off=5.1', async (page) => {
    await page.getByRole('button', { name: 'Switch off each in turn' }).click();
    await page.getByRole('button', { name: /^Head 5\.1, −/ }).waitFor();
    await page.getByRole('button', { name: 'Write both, side by side' }).click();
    await page.waitForTimeout(4000);
  }),
  view('inside-patch', `inside=patch&${coat}`, async (page) => {
    await page.getByLabel('Target').fill('coat');
    await page.getByLabel('Foil').fill('hat');
    await page.getByRole('button', { name: 'Patch each cell' }).click();
    await page.getByRole('application').waitFor();
  }),
  view('inside-attribute', 'inside=attribute', (page) => page.getByTestId('attribution').waitFor()),
  view('inside-steer', `inside=steer&${princess}`, async (page) => {
    await page.getByRole('button', { name: 'Write both, side by side' }).click();
    await page.waitForTimeout(4000);
  }),
];
