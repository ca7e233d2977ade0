import { afterEach, expect, test } from 'vitest';
import { type HubServer, startHubServer } from '../../../test/support/hub-server.ts';
import { sampleModel } from '../../../test/support/sample-model.ts';
import { deleteCached, exportCached, listCached, openCheckpoint, storageReport } from '../index.ts';
import type { LoadProgress } from '../types.ts';

const model = sampleModel(100_000);
const denied = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

let server: HubServer | undefined;

afterEach(async () => {
  Reflect.deleteProperty(globalThis, 'indexedDB');
  await server?.close();
  server = undefined;
});

test.each<[string, PropertyDescriptor]>([
  ['is null', { value: null }],
  ['throws when it is looked at', { get: denied }],
  ['throws when it is opened', { value: { open: denied } }],
])('an indexedDB that %s: the model runs from memory and says so', async (_what, property) => {
  Object.defineProperty(globalThis, 'indexedDB', { configurable: true, ...property });
  server = await startHubServer({ repos: { 'tiny/sample': { files: model.files } } });
  const progress: LoadProgress[] = [];
  const checkpoint = await openCheckpoint('tiny/sample', {
    hub: server.hub,
    onProgress: (one) => progress.push(one),
  });
  let received = 0;
  await checkpoint.stream(() => true, {
    write: (_tensor, _offset, bytes) => {
      received += bytes.length;
    },
  });
  checkpoint.close();
  const wanted = [...checkpoint.tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0);
  expect(received).toBe(wanted);
  expect(progress.flatMap(({ notice }) => notice ?? []).join(' ')).toContain('Running from memory');
  expect(await listCached()).toEqual([]);
  await deleteCached('tiny/sample');
  await expect(exportCached('tiny/sample')).rejects.toMatchObject({ code: 'not-found' });
  expect((await storageReport()).available).toBe(false);
});
