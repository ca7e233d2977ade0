import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Locator, type Page } from '@playwright/test';

/** What a visitor sees and touches, by the names a screen reader would say. */
export class VitrinePage {
  readonly page: Page;
  readonly text: Locator;
  readonly status: Locator;
  readonly write: Locator;
  readonly stop: Locator;
  readonly speed: Locator;
  readonly error: Locator;

  constructor(page: Page) {
    this.page = page;
    this.text = page.getByTestId('text');
    this.status = page.getByTestId('status');
    this.write = page.getByTestId('write');
    this.stop = page.getByTestId('stop');
    this.speed = page.getByTestId('speed');
    this.error = page.getByTestId('error');
  }

  /** Opens the page; with no query, the bundled model begins to write at once. */
  async open(query = ''): Promise<void> {
    await this.page.goto(`./${query}`);
  }

  /** Waits until nothing runs and the model is there; an error of the page ends the wait. */
  async ready(): Promise<void> {
    const ready = this.page.locator('[data-testid=status][data-phase=ready]');
    await expect(ready.or(this.error)).toBeVisible({ timeout: 60_000 });
    if (await this.error.isVisible()) throw new Error(`The page says: ${await this.error.textContent()}`);
  }

  /** Writes on with the button, and waits until that is done. */
  async writeOn(): Promise<void> {
    const before = await this.value();
    await this.write.click();
    await expect(this.text).not.toHaveValue(before);
    await this.ready();
  }

  /** Waits until the browser's database holds this text, and with it all that was there when it was written. */
  async saved(text: string): Promise<void> {
    const texts = () =>
      this.page.evaluate(
        () =>
          new Promise<string[]>((resolve, reject) => {
            const opening = indexedDB.open('vitrine-texts');
            opening.onerror = () => reject(opening.error);
            opening.onsuccess = () => {
              const reading = opening.result.transaction('records').objectStore('records').getAll();
              reading.onerror = () => reject(reading.error);
              reading.onsuccess = () => {
                opening.result.close();
                const versions = reading.result.flatMap(({ version }) => version ?? []);
                resolve(
                  versions.map(
                    ({ tokens, tail }: { tokens: { text: string }[]; tail: string }) =>
                      tokens.map((token) => token.text).join('') + tail,
                  ),
                );
              };
            };
          }),
      );
    await expect.poll(texts).toContain(text);
  }

  async opened(query = '?prompt=Once+upon+a+time&seed=7&max-new-tokens=24'): Promise<void> {
    await this.open(query);
    await this.ready();
  }

  value(): Promise<string> {
    return this.text.inputValue();
  }

  /** Puts the caret after so many characters. */
  async caret(at: number): Promise<void> {
    await this.text.evaluate((field, where) => {
      const area = field as HTMLTextAreaElement;
      area.focus();
      area.setSelectionRange(where, where);
    }, at);
  }

  panel(name: 'Sampling' | 'Versions' | 'Compare' | 'Inside'): Promise<void> {
    return this.page.getByRole('tab', { name }).click();
  }

  async dialog(name: 'Models' | 'Device' | 'Share'): Promise<Locator> {
    const button = name === 'Models' ? /^Model:/ : name;
    await this.page.getByRole('button', { name: button }).click();
    return this.page.getByRole('dialog');
  }
}

/** Waits until colours that are on their way have arrived; what turns for ever is left to turn. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime as number));
    await Promise.all(ending.map((each) => each.finished.catch(() => undefined)));
  });
}

/** Rules whose outcome depends on the colour scheme. */
const colourRules = ['color-contrast', 'link-in-text-block'];

/** No violation of the accessibility rules axe can check by itself, or of those about colours alone. */
export async function expectAccessible(page: Page, rules: 'all' | 'colours' = 'all'): Promise<void> {
  await settled(page);
  const axe = new AxeBuilder({ page }).options({ resultTypes: ['violations'] });
  // The mode that reads frames of other origins opens a page of its own for every analysis.
  if (page.frames().length === 1) axe.setLegacyMode();
  const { violations } = await (rules === 'all' ? axe : axe.withRules(colourRules)).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target).join(' | ')}`);
  expect(found).toEqual([]);
}

/** The same in both colour schemes, which differ in colours alone. */
export async function expectAccessibleInBoth(page: Page): Promise<void> {
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'colours');
  await page.emulateMedia({ colorScheme: 'light' });
  await expectAccessible(page);
}
