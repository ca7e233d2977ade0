/** The page's states and how a visitor gets there; names are those of the pictures in docs/images. */

const story = '?prompt=Once+upon+a+time&seed=7&max-new-tokens=140';
const short = '?prompt=Once+upon+a+time&seed=7&max-new-tokens=60';

async function open(page, query = story) {
  await page.goto(`./${query}`);
}

async function ready(page) {
  await page.locator('[data-testid=status][data-phase=ready]').waitFor();
  await page.waitForTimeout(900);
}

async function opened(page, query = story) {
  await open(page, query);
  await ready(page);
}

/** The pointer on one of the written tokens, or on one after it: a line's end has none that can be pointed at. */
async function hover(page, nth) {
  for (let at = nth; at < nth + 5; at += 1) {
    const box = await page.locator('.token-layer [data-origin=model]').nth(at).boundingBox();
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

async function dialog(page, name) {
  await page.getByRole('button', { name: name === 'Models' ? /^Model:/ : name }).click();
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(300);
  return page.getByRole('dialog');
}

const hubModel = (hub, id) => `?hub=${encodeURIComponent(hub.hub)}&model=${id}&prompt=Hello&max-new-tokens=4`;

async function branches(page) {
  await opened(page, short);
  for (const nth of [6, 14]) {
    await hover(page, nth);
    await page.locator('[data-testid=alternatives] button:not([aria-current])').first().click();
    await page.mouse.move(5, 400);
    await ready(page);
  }
  await page.getByRole('tab', { name: 'Versions' }).click();
}

async function downloading(page, { hub }) {
  await open(page, hubModel(hub, 'vitrine/plain'));
  await page.getByRole('button', { name: 'Load it' }).click();
  await page
    .getByTestId('status')
    .filter({ hasText: /weights: .+ of .+\/s, .+ left/ })
    .waitFor();
}

async function stretched(page) {
  await opened(page);
  await dialog(page, 'Models');
  await page.locator('dialog').evaluate((box) => {
    box.scrollTop = box.scrollHeight;
  });
}

async function failing(page, { hub }, id) {
  await open(page, hubModel(hub, id));
  await page.getByRole('button', { name: 'Load it' }).click();
  await page.getByTestId('error').waitFor();
}

async function selfCheck(page) {
  await opened(page, short);
  const box = await dialog(page, 'Device');
  await box.getByRole('button', { name: /check/i }).first().click();
  await box.getByTestId('self-check').waitFor();
  await page.waitForTimeout(300);
  await box.getByTestId('self-check').scrollIntoViewIfNeeded();
}

/** The frame's page with one element in it, and a word looked at. */
async function embedded(page) {
  await page.goto('./embed.html?seed=7&max-new-tokens=60');
  await page.getByRole('button', { name: 'Run' }).click();
  await page.getByRole('status').filter({ hasText: '60 tokens' }).waitFor();
  await page.getByRole('log').locator('span').nth(7).click();
  await page.mouse.move(0, 0);
}

export const states = [
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
    name: 'inside',
    async steps(page) {
      await opened(page, '?prompt=Once+upon+a+time&seed=7&max-new-tokens=24');
      await page.getByRole('tab', { name: 'Inside' }).click();
      await page.getByRole('button', { name: 'Look inside this text' }).click();
      await page.getByRole('heading', { name: 'Attention' }).waitFor();
      await page.waitForTimeout(500);
    },
  },
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
