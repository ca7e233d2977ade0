import { readFile } from 'node:fs/promises';
import { expect, type Page, test } from '@playwright/test';
import { VitrinePage } from './page-support.ts';

const modelFiles = ['config.json', 'model.safetensors', 'vocab.json', 'merges.txt'];

/** Drops a folder, as its entries: a browser lets no script make a directory entry of its own. */
async function dropFolder(page: Page, name: string): Promise<void> {
  const files = await Promise.all(
    modelFiles.map(async (file) => ({
      name: file,
      content: (await readFile(`test/golden/bf16/${file}`)).toString('base64'),
    })),
  );
  await page.evaluate(
    ({ folder, contents }) => {
      const entries = contents.map(({ name, content }) => ({
        isFile: true,
        isDirectory: false,
        name,
        fullPath: `/${folder}/${name}`,
        file: (done: (file: File) => void) =>
          done(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt(0))], name)),
      }));
      const parts = [entries, []];
      const directory = {
        isFile: false,
        isDirectory: true,
        name: folder,
        fullPath: `/${folder}`,
        createReader: () => ({ readEntries: (done: (some: unknown[]) => void) => done(parts.shift() ?? []) }),
      };
      const event = new DragEvent('drop', { cancelable: true });
      const items = [{ kind: 'file', webkitGetAsEntry: () => directory }];
      Object.defineProperty(event, 'dataTransfer', { value: { items, types: ['Files'], files: [] } });
      dispatchEvent(event);
    },
    { folder: name, contents: files },
  );
}

async function dropFile(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    ([file = '', content = '']) => {
      const data = new DataTransfer();
      data.items.add(new File([content], file));
      dispatchEvent(new DragEvent('drop', { cancelable: true, dataTransfer: data }));
    },
    [name, text],
  );
}

test('a dropped folder is a model, by its own name, and true words stand about it', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await dropFolder(page, 'my-model');
  await expect(page.getByRole('button', { name: /^Model: my-model/ })).toBeVisible();
  await vitrine.ready();
  await vitrine.text.fill('A');
  await vitrine.write.click();
  await expect(vitrine.text).toHaveValue(/^A.+/s);
  await vitrine.ready();
  await vitrine.saved(await vitrine.value());
  await page.reload();
  const notice = page.getByRole('region', { name: 'No model' });
  await expect(notice).toContainText('my-model');
  await expect(notice).toContainText('from files on this device');
  const chooser = page.waitForEvent('filechooser');
  await notice.getByRole('button', { name: 'Choose the folder' }).click();
  await (await chooser).setFiles('test/golden/bf16');
  await expect(page.getByRole('button', { name: /^Model: bf16/ })).toBeVisible();
  await vitrine.ready();
});

test('a wrong file is named for what it is, and the working model stays', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  for (const [name, content, words] of [
    ['a.gguf', 'GGUF and more', 'GGUF'],
    ['photo.png', 'x', 'photo.png'],
  ] as const) {
    await dropFile(page, name, content);
    await expect(vitrine.error).toContainText(words);
    await expect(vitrine.error).toContainText('tiny-tales is still loaded');
    await page.getByRole('button', { name: 'Dismiss' }).click();
  }
  await vitrine.writeOn();
  await dropFile(page, 'notes.txt', 'The old king');
  await expect(vitrine.text).toHaveValue('The old king');
});

test('two tabs keep their texts', async ({ context }) => {
  const tabs = [await context.newPage(), await context.newPage()];
  const [one, two] = tabs.map((tab) => new VitrinePage(tab)) as [VitrinePage, VitrinePage];
  await one.opened('');
  await two.opened('');
  await two.text.fill('Text of tab two');
  await one.text.fill('Text of tab one');
  await one.saved('Text of tab one');
  await two.saved('Text of tab two');
  await one.page.reload();
  await two.page.reload();
  await expect(one.text).toHaveValue('Text of tab one');
  await expect(two.text).toHaveValue('Text of tab two');
});

test('a reload in the middle of a run goes on with the same draws', async ({ page, context }) => {
  const query = '?prompt=Once+upon+a+time&seed=9&max-new-tokens=250';
  const vitrine = new VitrinePage(page);
  await vitrine.opened(query);
  const whole = await vitrine.value();
  const other = new VitrinePage(await context.newPage());
  await other.open(query);
  for (const length of [150, 400]) {
    await expect.poll(async () => (await other.value()).length).toBeGreaterThan(length);
    await other.page.reload();
  }
  await other.ready();
  await expect(other.text).toHaveValue(whole);
});
