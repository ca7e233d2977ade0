/**
 * What only Node has a use for: WebGPU, and folders on disk.
 * @module vitrine/node
 */
import { openAsBlob } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../lib/index.ts';

/**
 * Gives Node the WebGPU of a browser: `navigator.gpu` and its classes, by Dawn, from the package `webgpu`. Call it once,
 * before a model is loaded.
 *
 * @param flags what Dawn is started with, such as `['backend=vulkan']`
 * @throws VitrineError `webgpu-unavailable` where the package is not installed or does not start
 */
export async function provideWebGPU(flags: string[] = []): Promise<void> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = { value: create(flags), configurable: true };
    // Newer versions of Node have a navigator, which is not to be replaced.
    if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', gpu);
    else
      Object.defineProperty(globalThis, 'navigator', {
        value: Object.create(null, { gpu }),
        configurable: true,
      });
  } catch (cause) {
    throw new VitrineError(
      'webgpu-unavailable',
      'The package webgpu, which brings WebGPU to Node, does not start. Install it: npm install webgpu.',
      { cause },
    );
  }
}

const ofModel = /\.(json|txt|safetensors|bin)$/;

/**
 * The files of a model in a folder, as `loadModel` takes them. They are opened and not read: bytes come from the disk as
 * the GPU takes them.
 *
 * @param folder a path, or a `file:` URL
 * @throws VitrineError `not-found` where there is no such folder or nothing of a model in it
 */
export async function openFolder(folder: string | URL): Promise<File[]> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const found = await readdir(path).catch((cause: unknown) => {
    throw new VitrineError('not-found', `${path} is no folder that can be read. Check the path.`, { cause });
  });
  const names = found.filter((name) => ofModel.test(name));
  if (names.length === 0)
    throw new VitrineError(
      'not-found',
      `${path} holds no file of a model. It needs config.json and weights.`,
    );
  return Promise.all(names.map(async (name) => new File([await openAsBlob(join(path, name))], name)));
}
