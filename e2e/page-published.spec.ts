import { readFile } from 'node:fs/promises';
import { expect, test } from '@playwright/test';
import { drawHalves, loraRank, writeAdapter } from '../test/support/lora-adapter.ts';
import { VitrinePage } from './page-support.ts';

const folder = 'test/golden/published';

/** A base without a tokenizer and a LoRA adapter over it, as a visitor picks them together. */
async function adaptedModel() {
  const targets = [0, 1].map((layer) => [`h.${layer}.attn.c_attn.weight`, { shape: [8, 24] }] as const);
  const config = { peft_type: 'LORA', base_model_name_or_path: 'base', r: loraRank, lora_alpha: 60 };
  const file = (name: string, content: Uint8Array | string) => ({
    name,
    mimeType: 'application/octet-stream',
    buffer: Buffer.from(content),
  });
  return [
    file('config.json', await readFile(`${folder}/config.json`)),
    file('model.safetensors', await readFile(`${folder}/model.safetensors`)),
    file('adapter_config.json', JSON.stringify(config)),
    file('adapter_model.safetensors', writeAdapter(drawHalves(targets))),
  ];
}

test('a model without a tokenizer takes ids, and its card switches its adapter', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await vitrine.text.fill('[3][1][4]');
  await page.getByRole('button', { name: /^Model: / }).click();
  await page.getByLabel('Or its files, all together.').setInputFiles(await adaptedModel());
  await expect(page.getByRole('button', { name: /^Model: model.safetensors/ })).toBeVisible();
  await vitrine.ready();
  const write = async () => {
    await vitrine.text.fill('[3][1][4]');
    await vitrine.write.click();
    await expect(vitrine.text).toHaveValue(/^\[3\]\[1\]\[4\](\[\d+\])+$/);
    await vitrine.ready();
    return vitrine.value();
  };
  const switchAdapter = async () => {
    await page.getByRole('button', { name: /^Model: / }).click();
    const card = page.getByTestId('loaded-model-card');
    await card.getByText(/^Model card of/).click();
    await card.getByLabel('Use the LoRA adapter').click();
    await page.keyboard.press('Escape');
  };
  const adapted = await write();
  await switchAdapter();
  const plain = await write();
  expect(plain).not.toBe(adapted);
  await switchAdapter();
  expect(await write()).toBe(adapted);

  await page.getByRole('button', { name: /^Model: / }).click();
  const card = page.getByTestId('loaded-model-card');
  await card.getByText(/^Model card of/).click();
  await expect(card).toContainText('none: text is token ids');
  await expect(card).toContainText(`rank ${loraRank}`);
  await expect(card).toContainText('safetensors');
});

test('words given to a model without a tokenizer are refused in plain English', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  await page.getByRole('button', { name: /^Model: / }).click();
  await page.getByLabel('Or its files, all together.').setInputFiles(await adaptedModel());
  await expect(page.getByRole('button', { name: /^Model: model.safetensors/ })).toBeVisible();
  await vitrine.text.fill('Hello');
  await expect(vitrine.error).toContainText('“Hello” is no token id');
});

test('of two models in one folder the page asks which; the loaded one stays until then', async ({ page }) => {
  const vitrine = new VitrinePage(page);
  await vitrine.opened();
  const [config, weights] = await adaptedModel();
  if (!config || !weights) throw new Error('the files are there');
  await page.getByRole('button', { name: /^Model: / }).click();
  await page
    .getByLabel('Or its files, all together.')
    .setInputFiles([
      config,
      { ...weights, name: 'base.safetensors' },
      { ...weights, name: 'tuned.safetensors' },
    ]);
  const which = page.getByTestId('which-model');
  await expect(which).toContainText('There are 2 models among these files.');
  await expect(page.getByRole('button', { name: /^Model: tiny-tales/ })).toBeVisible();
  await which.getByRole('button', { name: 'tuned.safetensors' }).click();
  await expect(page.getByRole('button', { name: /^Model: tuned.safetensors/ })).toBeVisible();
  await expect(which).toBeHidden();
});
