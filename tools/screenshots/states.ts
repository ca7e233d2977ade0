import type { Page } from 'playwright';
import { insideStates } from './inside-states.ts';
import type { PageState } from './page-state.ts';
import {
  branches,
  dialog,
  downloading,
  embedded,
  failing,
  guide,
  hover,
  hubModel,
  open,
  opened,
  ready,
  selfCheck,
  short,
  stretched,
} from './visits.ts';

/** A step of the guide after its action. */
function guideState(step: number): PageState {
  const steps = async (page: Page) => {
    await opened(page, short);
    await guide(page, step);
  };
  return { name: `guide-${step}`, browser: 'none', size: [1100, 760], steps };
}

export const states: PageState[] = [
  { name: 'page', steps: (page) => opened(page).then(() => hover(page, 22)) },
  { name: 'page-dark', media: { dark: true }, steps: (page) => opened(page).then(() => hover(page, 22)) },
  {
    name: 'writing',
    async steps(page) {
      await open(page, '?prompt=Once+upon+a+time&seed=7&max-new-tokens=400');
      await page.locator('.token-layer [data-i="60"]').waitFor({ state: 'attached' });
    },
  },
  { name: 'versions', steps: branches },
  {
    name: 'compare',
    async steps(page) {
      await branches(page);
      await page.getByTestId('tree').getByRole('button', { name: 'Compare' }).first().click();
      await page.getByTestId('compare').scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'two-models',
    async steps(page) {
      await opened(page, short);
      await page.getByRole('tab', { name: 'Compare' }).click();
      await page.getByRole('button', { name: 'int4', exact: true }).click();
      await page.locator('.second-totals').waitFor();
      await page.getByRole('button', { name: 'Write with both' }).click();
      await page.getByText('Keep this as a version').waitFor();
      // Both read what was written.
      await page.locator('.second-totals').waitFor();
      await ready(page);
    },
  },
  ...insideStates,
  ...[1, 2, 3, 4, 5, 6].map(guideState),
  { name: 'side-by-side', steps: (page) => opened(page, `${short}&n=3`) },
  {
    name: 'scored',
    async steps(page) {
      await opened(page, short);
      await page
        .getByTestId('text')
        .fill(
          'The king had three sons, and the youngest of them was called a simpleton. One day the telephone rang, and the old man said to his wife: the market closes at noon.',
        );
      await page.locator('.token-layer [data-shade="5"]').first().waitFor({ state: 'attached' });
      await page.waitForTimeout(600);
    },
  },
  {
    name: 'sampling',
    async steps(page) {
      await opened(page, `${short}&temperature=0.8&top-k=60&min-p=0.02&top-p=0.95`);
      await page.getByTestId('text').fill('Once upon a time there was a');
      await page.getByTestId('next').getByRole('row').nth(4).waitFor();
      await page.waitForTimeout(500);
    },
  },
  {
    name: 'idle',
    steps: async (page, { hub }) => {
      await open(page, hubModel(hub, 'vitrine/plain'));
      await page.getByRole('button', { name: 'Load it' }).waitFor();
      await page.waitForTimeout(300);
    },
  },
  { name: 'downloading', steps: downloading },
  {
    name: 'paused',
    async steps(page, around) {
      await downloading(page, around);
      await page.getByRole('button', { name: 'Pause' }).click();
    },
  },
  { name: 'error', steps: (page, around) => failing(page, around, 'vitrine/gated') },
  {
    name: 'error-dark',
    media: { dark: true },
    steps: (page, around) => failing(page, around, 'vitrine/none'),
  },
  {
    name: 'models',
    async steps(page) {
      await opened(page, short);
      await dialog(page, 'Models');
    },
  },
  { name: 'storage', steps: stretched },
  {
    name: 'device',
    async steps(page) {
      await opened(page, short);
      await dialog(page, 'Device');
    },
  },
  { name: 'self-check', steps: selfCheck },
  {
    name: 'share',
    async steps(page) {
      await opened(page, short);
      await dialog(page, 'Share');
    },
  },
  {
    name: 'cpu',
    browser: 'none',
    async steps(page) {
      await open(page, '?prompt=Once+upon+a+time&seed=7&max-new-tokens=40');
      await page.getByTestId('status').filter({ hasText: 'Length limit reached' }).waitFor();
      await ready(page);
    },
  },
  {
    name: 'offline',
    async steps(page, { context }) {
      await opened(page, short);
      await context.setOffline(true);
      await page.getByText('Offline', { exact: true }).waitFor();
    },
  },
  {
    name: 'empty',
    async steps(page) {
      await opened(page, short);
      await page.getByRole('button', { name: 'New', exact: true }).click();
      await page.waitForTimeout(500);
    },
  },
  {
    name: 'right-to-left',
    async steps(page) {
      await opened(page, short);
      await page.getByTestId('text').fill('كان يا ما كان، في قديم الزمان، ملك له ثلاثة أبناء.');
      await page.locator('.token-layer [data-shade]').first().waitFor({ state: 'attached' });
      await page.waitForTimeout(600);
    },
  },
  { name: 'embed', size: [760, 440], steps: embedded },
  { name: 'embed-dark', size: [360, 560], media: { dark: true }, steps: embedded },
  { name: 'narrow', size: [320, 640], steps: (page) => opened(page, short) },
  {
    name: 'narrow-models',
    size: [320, 640],
    media: { dark: true },
    async steps(page) {
      await opened(page, short);
      await dialog(page, 'Models');
    },
  },
  { name: 'wide', size: [1400, 900], media: { still: true }, steps: (page) => opened(page) },
  { name: 'enlarged', size: [1280, 800], scale: 2, steps: (page) => opened(page, short) },
];
