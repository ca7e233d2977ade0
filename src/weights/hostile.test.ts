import 'fake-indexeddb/auto';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type HubServer, type ServedFile, startHubServer } from '../../test/support/hub-server.ts';
import { VitrineError } from '../lib/index.ts';
import { tarEnd, tarHeader, tarPadding } from './cache/tar.ts';
import { importCached, listCached, openCheckpoint } from './index.ts';
import { parseSource } from './repositories/source.ts';

const servers: HubServer[] = [];
const utf8 = new TextEncoder();
const commit = '607a30d783dfa663caf39e06633721c8d4cfcd7e';

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(files: Record<string, string | Uint8Array | ServedFile>, more = {}): Promise<HubServer> {
  const server = await startHubServer({ repos: { 'any/one': { files, ...more } }, folders: { one: files } });
  servers.push(server);
  return server;
}

const transport = { attempts: 2, backoffMs: 1, stallMs: 5_000 };
const open = (source: string, hub: string, token?: string) =>
  openCheckpoint(source, { hub, token, cache: false, transport });

/** A safetensors file of one F32 tensor. */
function weights(name = 'wte.weight'): Uint8Array {
  const header = utf8.encode(JSON.stringify({ [name]: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }));
  const file = new Uint8Array(8 + header.length + 4);
  file[0] = header.length;
  file.set(header, 8);
  return file;
}

/** A file that is said to be so long, of spaces. */
const spaces = (bytes: number): ServedFile => ({
  bytes,
  read: (begin, end) => new Uint8Array(end - begin).fill(32),
  sha256: async () => '0'.repeat(64),
});

describe('sources', () => {
  test.each([
    'https://user:password@host/model/',
    '//user:password@host/model/',
    'https://[/',
    '//[',
    '/\\user:x@host/',
    'javascript:alert(1)',
    'data:text/plain,x',
    'file:///etc/passwd',
    '../a@b/../c',
    'owner/..',
    '../owner@x/../../y@z/..',
    'owner/name@../main',
    'owner/name@a..b',
    'owner/name@',
    'owner/name@main?token=x',
    'owner/name/more',
    'owner\\name',
    'owner/na me',
    'öwner/name',
    'https://huggingface.co/owner/name/tree/%zz',
    'https://huggingface.co/owner/name/tree/..%2f..%2fother',
    '',
  ])('%j is a clear refusal or a folder of this page', (source) => {
    try {
      const parsed = parseSource(source);
      expect(parsed).toMatchObject({ kind: 'folder', base: expect.stringMatching(/^http:\/\/localhost\//) });
    } catch (error) {
      expect(error).toBeInstanceOf(VitrineError);
      expect((error as VitrineError).code).toBe('invalid-argument');
    }
  });

  test.each([
    'ftp://host',
    'https://',
    'https://u:p@host',
    'https://host?x=1',
    'https://host#x',
    'https://a b',
    'x',
  ])('the hub %j is refused', (hub) => {
    expect(() => parseSource('owner/name', { hub })).toThrow(VitrineError);
  });

  test('any text is a source or a clear refusal', () => {
    const pieces = fc.constantFrom(
      'owner',
      '/',
      '@',
      '..',
      'https://',
      'host',
      ':',
      '%',
      '?',
      '#',
      '\\',
      ' ',
      '\n',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((list) => list.join('')),
        ),
        (text) => {
          try {
            const parsed = parseSource(text);
            if (parsed.kind === 'hub') {
              const url = new URL(
                `${parsed.hub}/${parsed.id}/resolve/${encodeURIComponent(parsed.revision)}/x`,
              );
              expect(url.href.startsWith(`https://huggingface.co/${parsed.id}/resolve/`)).toBe(true);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(VitrineError);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('repositories', () => {
  test('a shard by a path outside of the folder is never asked for', async () => {
    for (const shard of [
      '../../../other/secret.safetensors',
      'https://elsewhere/x.safetensors',
      '//elsewhere/x.safetensors',
    ]) {
      const index = JSON.stringify({ weight_map: { 'wte.weight': shard } });
      const server = await serve({
        'config.json': '{}',
        'tokenizer.json': '{}',
        'model.safetensors.index.json': index,
      });
      for (const source of ['any/one', server.folderUrl('one')])
        await expect(open(source, server.hub)).rejects.toMatchObject({ code: 'safetensors-invalid' });
      expect(server.requests.filter(({ path }) => /secret|elsewhere|\/x\./.test(path))).toEqual([]);
    }
  });

  test('__proto__ in any file reaches no prototype', async () => {
    const hostile = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const files = { 'config.json': hostile, 'generation_config.json': hostile, 'tokenizer.json': hostile };
    const server = await serve({ ...files, 'model.safetensors': weights('__proto__') });
    const checkpoint = await open('any/one', server.hub);
    expect([...checkpoint.tensors.keys()]).toEqual(['__proto__']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    checkpoint.close();
  });

  test('a configuration of any length is not read into memory', async () => {
    const server = await serve({ 'config.json': spaces(50_000_000_000), 'model.safetensors': weights() });
    await expect(open('any/one', server.hub)).rejects.toMatchObject({ code: 'unsupported-format' });
    expect(server.sent('config.json')).toBe(0);
  });

  test('a body that does not end is left in time', async () => {
    const server = await serve({ 'config.json': spaces(50_000_000_000) });
    await expect(open(server.folderUrl('one'), server.hub)).rejects.toMatchObject({
      code: 'unsupported-format',
    });
  });

  test('a header that claims much is refused before it is asked for', async () => {
    const file = weights();
    new DataView(file.buffer).setBigUint64(0, 99_000_000n, true);
    const server = await serve({ 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': file });
    await expect(open('any/one', server.hub)).rejects.toMatchObject({ code: 'safetensors-invalid' });
    expect(server.asked('model.safetensors')).toBeLessThanOrEqual(file.length);
  });

  test('the token is sent only to the hub: not to a folder, not in URLs or messages', async () => {
    const server = await serve(
      { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': weights() },
      { gated: true, token: 'hf_secret' },
    );
    const checkpoint = await open('any/one', server.hub, 'hf_secret');
    await checkpoint.stream(() => true, { write: () => undefined });
    checkpoint.close();
    const carried = () =>
      server.requests.filter(({ authorization }) => authorization).map(({ path }) => path);
    expect(carried()).toContain('config.json');
    expect(server.requests.some(({ path }) => path.includes('hf_secret'))).toBe(false);
    server.forget();
    (await open(server.folderUrl('one'), server.hub, 'hf_secret')).close();
    expect(server.requests.length).toBeGreaterThan(0);
    expect(carried()).toEqual([]);
    const wrong = await open('any/one', server.hub, 'hf_wrong').catch((error: unknown) => error);
    expect((wrong as VitrineError).code).toBe('gated');
    expect(String(wrong)).not.toContain('hf_wrong');
  });
});

/** An exported model as a stranger might make it. */
function archive(label: object, files: Record<string, Uint8Array>): Blob {
  const all = { 'vitrine-model.json': utf8.encode(JSON.stringify(label)), ...files };
  const parts = Object.entries(all).flatMap(([path, bytes]) => [
    tarHeader(path, bytes.length),
    Uint8Array.from(bytes),
    tarPadding(bytes.length),
  ]);
  return new Blob([...parts, tarEnd()]);
}

describe('imported models', () => {
  const file = { path: 'model.safetensors', bytes: 5000, sha256: '0'.repeat(64), chunkBytes: 5000 };
  const label = { id: 'any/one', revision: commit, scope: 'https://huggingface.co', files: [file] };

  test('cannot take the place of a well-known model', async () => {
    const blob = archive(
      { ...label, id: 'openai-community/gpt2' },
      { 'model.safetensors': new Uint8Array(5000) },
    );
    await expect(importCached(blob)).rejects.toThrow(/not the file that is known/);
    expect(await listCached()).toEqual([]);
  });

  test.each([
    ['chunks of a byte', { ...label, files: [{ ...file, chunkBytes: 1 }] }],
    ['a size that is none', { ...label, files: [{ ...file, bytes: 1e300 }] }],
    ['a path that is none', { ...label, files: [{ ...file, path: { toString: 1 } }] }],
    ['a reference that is none', { ...label, ref: {} }],
    ['no files', { ...label, files: undefined }],
    ['a list', []],
    ['null', JSON.parse('null')],
  ])('with %s are refused', async (_what, wrong) => {
    const blob = archive(wrong as object, { 'model.safetensors': new Uint8Array(5000) });
    await expect(importCached(blob)).rejects.toMatchObject({ code: 'invalid-argument' });
    expect(await listCached()).toEqual([]);
  });
});
