import { readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { knownRevision } from './known-checksums.ts';
import { bundledModels, countParameters, knownModels } from './known-models.ts';
import type { ListedFile } from './repository.ts';
import { parseSource } from './source.ts';
import { verifyKnown } from './verify-known.ts';

describe('known models', () => {
  test.each([
    ['distilbert/distilgpt2', 81_912_576],
    ['openai-community/gpt2', 124_439_808],
    ['openai-community/gpt2-medium', 354_823_168],
    ['openai-community/gpt2-large', 774_030_080],
    ['openai-community/gpt2-xl', 1_557_611_200],
    ['cerebras/Cerebras-GPT-111M', 111_050_496],
  ])('%s has %i parameters', (id, parameters) => {
    expect(knownModels.find((known) => known.id === id)?.parameters).toBe(parameters);
  });

  test('each has a unique, loadable hub id and a parameter count that matches its shape', () => {
    expect(new Set(knownModels.map(({ id }) => id)).size).toBe(knownModels.length);
    for (const { id, revision = 'main', parameters, f32Bytes, shape } of knownModels) {
      expect(parseSource(`${id}@${revision}`)).toMatchObject({ kind: 'hub', id, revision });
      expect([parameters, f32Bytes]).toEqual([countParameters(shape), 4 * countParameters(shape)]);
    }
  });

  test('pins are commits and digests, of files that hold at least the weights', () => {
    for (const { checksums, f32Bytes } of knownModels)
      for (const { sha256, bytes } of checksums?.files ?? []) {
        expect(checksums?.commit).toMatch(/^[0-9a-f]{40}$/);
        expect(sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(bytes).toBeGreaterThan(f32Bytes);
      }
  });

  test('what is said of a bundled model is true of its files', () => {
    for (const { id, shape, parameters, fileBytes } of bundledModels) {
      const folder = `public/models/${id}`;
      const config = JSON.parse(readFileSync(`${folder}/config.json`, 'utf8'));
      expect(parseSource(id)).toMatchObject({ kind: 'bundled', id });
      expect(shape).toEqual({
        layers: config.n_layer,
        width: config.n_embd,
        positions: config.n_positions,
        vocabulary: config.vocab_size,
      });
      expect(statSync(`${folder}/model.safetensors`).size).toBe(fileBytes);
      expect(fileBytes).toBeGreaterThan(2 * parameters);
    }
  });
});

describe('verifyKnown', () => {
  const pinned = knownRevision('gpt2');
  const commit = pinned?.commit ?? '';
  const weights = pinned?.files[0];
  const listing = (file: Partial<ListedFile>, revision = commit) => ({
    revision,
    files: new Map([['model.safetensors', { path: 'model.safetensors', ...file }]]),
  });
  const seen = (result: { files: ReadonlyMap<string, ListedFile> }) => result.files.get('model.safetensors');

  test('adds what the server does not say', () => {
    const head = new Uint8Array(3);
    expect(seen(verifyKnown('gpt2', listing({ bytes: weights?.bytes, head })))).toEqual({ ...weights, head });
  });

  test('refuses other bytes under the same commit', () => {
    expect(() => verifyKnown('gpt2', listing({ bytes: 5 }))).toThrow(/not the file that is known/);
    expect(() => verifyKnown('gpt2', listing({ sha256: '0'.repeat(64) }))).toThrow(
      /not the file that is known/,
    );
  });

  test('ignores other commits and other models', () => {
    const other = listing({ bytes: 5 }, 'f'.repeat(40));
    expect(verifyKnown('gpt2', other)).toBe(other);
    const same = listing({ bytes: 5 });
    expect(verifyKnown('someone/gpt2', same)).toBe(same);
  });
});
