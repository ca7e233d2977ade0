import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadHere } from '../engine/index.ts';
import { openFolder } from './index.ts';

const empty = mkdtempSync(join(tmpdir(), 'vitrine-empty-'));
afterAll(() => rmSync(empty, { recursive: true }));

describe('openFolder', () => {
  it('opens a model by path or file: URL', async () => {
    for (const folder of ['test/golden/bf16', pathToFileURL('test/golden/bf16')]) {
      const { model } = await loadHere(await openFolder(folder), { backend: 'cpu', cache: false });
      expect((await model.logits([1, 2, 3])).length).toBe(model.config.vocabSize);
      model.dispose();
    }
  });

  it('names a folder that holds no model', async () => {
    for (const folder of ['no/such/folder', empty])
      await expect(openFolder(folder)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining(folder),
      });
  });
});
