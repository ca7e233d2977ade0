import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findBrowser } from './browser.mjs';

const swiftshader = 'vk_swiftshader_icd.json';
const systemFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** Where Chromium may keep its software Vulkan driver. */
async function browserFolders() {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const found = findBrowser();
  if (found) folders.unshift(dirname(found));
  try {
    const { chromium } = await import('playwright');
    folders.push(dirname(chromium.executablePath()));
  } catch {
    // Without Playwright there is only the system to look in.
  }
  return folders;
}

function systemDriver() {
  for (const folder of systemFolders) {
    if (!existsSync(folder)) continue;
    const driver = readdirSync(folder).find((name) => name.endsWith('.json'));
    if (driver) return join(folder, driver);
  }
  return undefined;
}

/**
 * The Vulkan driver that Dawn in Node is to use: $VK_ICD_FILENAMES, the software driver beside the browser,
 * any driver of the system. `why` tells what is missing when there is none.
 */
export async function findVulkan() {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('webgpu');
  } catch {
    return { why: 'the package "webgpu" (Dawn for Node) is not installed' };
  }
  if (process.platform !== 'linux') return { driver: process.env.VK_ICD_FILENAMES ?? '' };
  if (process.env.VK_ICD_FILENAMES) return { driver: process.env.VK_ICD_FILENAMES };
  for (const folder of await browserFolders()) {
    const path = join(folder, swiftshader);
    if (existsSync(path)) return { driver: path };
  }
  const driver = systemDriver();
  return driver
    ? { driver }
    : { why: `no Vulkan driver: neither ${swiftshader} beside a browser nor one of the system` };
}
