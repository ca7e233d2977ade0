import { existsSync } from 'node:fs';
import { create, globals } from 'webgpu';

/** Gives Node the browser's `navigator.gpu`, from Dawn, so that the GPU tests run unchanged. */
const chromiumIcd = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env.VK_ICD_FILENAMES && existsSync(chromiumIcd)) process.env.VK_ICD_FILENAMES = chromiumIcd;

Object.assign(globalThis, globals);
const gpu = create([]);
const navigatorLike = { ...globalThis.navigator, gpu };
Object.defineProperty(globalThis, 'navigator', { value: navigatorLike, configurable: true });
