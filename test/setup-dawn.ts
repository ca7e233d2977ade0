import { existsSync } from 'node:fs';
import { provideWebGPU } from '../src/node/index.ts';

/** Gives Node the browser's `navigator.gpu`, from Dawn, so that the GPU tests run unchanged. */
const chromiumIcd = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (!process.env.VK_ICD_FILENAMES && existsSync(chromiumIcd)) process.env.VK_ICD_FILENAMES = chromiumIcd;

await provideWebGPU();
