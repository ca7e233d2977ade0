/**
 * For Node only: WebGPU and model folders on disk.
 * @module vitrine/node
 */
import { openAsBlob } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VitrineError } from '../lib/index.ts';

/**
 * Installs `navigator.gpu` and the WebGPU classes in Node, implemented by Dawn, from the package `webgpu`. Call it once,
 * before loading a model.
 *
 * @param flags of Dawn, such as `['backend=vulkan']`
 * @throws VitrineError `webgpu-unavailable` if the package is not installed or does not start
 */
export async function provideWebGPU(flags: string[] = []): Promise<void> {
  try {
    const { create, globals } = await import('webgpu');
    Object.assign(globalThis, globals);
    const gpu = { value: create(flags), configurable: true };
    // Newer versions of Node have a navigator: extend it.
    if (globalThis.navigator) Object.defineProperty(globalThis.navigator, 'gpu', gpu);
    else
      Object.defineProperty(globalThis, 'navigator', {
        value: Object.create(null, { gpu }),
        configurable: true,
      });
  } catch (cause) {
    throw new VitrineError(
      'webgpu-unavailable',
      'The package webgpu, which provides WebGPU in Node, does not start. Install it: npm install webgpu.',
      { cause },
    );
  }
}

const ofModel = /\.(json|txt|safetensors|bin)$/;

/**
 * The files of a model in a folder, for `loadModel`. They are opened but not read: bytes are read from disk during the
 * load.
 *
 * @param folder a path, or a `file:` URL
 * @throws VitrineError `not-found` if the folder does not exist or holds no files of a model
 */
export async function openFolder(folder: string | URL): Promise<File[]> {
  const path = typeof folder === 'string' ? folder : fileURLToPath(folder);
  const found = await readdir(path).catch((cause: unknown) => {
    throw new VitrineError('not-found', `${path} is not a readable folder. Check the path.`, { cause });
  });
  const names = found.filter((name) => ofModel.test(name));
  if (names.length === 0)
    throw new VitrineError(
      'not-found',
      `${path} holds no files of a model. It needs config.json and weights.`,
    );
  return Promise.all(names.map(async (name) => new File([await openAsBlob(join(path, name))], name)));
}
