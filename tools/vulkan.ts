import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { findBrowser } from './browser.ts';
import { hasLibrary } from './programs.ts';

const swiftshader = 'vk_swiftshader_icd.json';
const systemFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** Where Chromium may keep its software Vulkan driver. */
async function browserFolders(): Promise<string[]> {
  const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
  const found = findBrowser();
  if (found) folders.unshift(dirname(found));
  const { chromium } = await import('playwright');
  return [...folders, dirname(chromium.executablePath())];
}

function systemDriver(): string | undefined {
  for (const folder of systemFolders) {
    if (!existsSync(folder)) continue;
    const driver = readdirSync(folder).find((name) => name.endsWith('.json'));
    if (driver) return join(folder, driver);
  }
  return undefined;
}

/**
 * Manifest file of a Vulkan driver, first that exists: $VK_ICD_FILENAMES, the software driver beside Chromium,
 * any driver of the system.
 */
export async function findVulkanDriver(): Promise<string | undefined> {
  if (process.env.VK_ICD_FILENAMES) return process.env.VK_ICD_FILENAMES;
  const beside = (await browserFolders()).map((folder) => join(folder, swiftshader));
  return beside.find((path) => existsSync(path)) ?? systemDriver();
}

/** Whether Linux has the Vulkan loader, which Dawn in Node and Firefox open at run time. */
export function hasVulkanLoader(): boolean {
  return hasLibrary('libvulkan.so.1');
}

/** The driver that Dawn in Node is to use, or `why` it cannot run here. */
export async function findVulkan(): Promise<{ driver?: string; why?: string }> {
  const require = createRequire(import.meta.url);
  try {
    require.resolve('webgpu');
  } catch {
    return { why: 'the package "webgpu" (Dawn for Node) is not installed' };
  }
  if (process.platform !== 'linux') return { driver: process.env.VK_ICD_FILENAMES ?? '' };
  if (!hasVulkanLoader()) return { why: 'the Vulkan loader libvulkan.so.1 is missing (Debian: libvulkan1)' };
  const driver = await findVulkanDriver();
  if (driver) return { driver };
  return { why: `no Vulkan driver: neither ${swiftshader} beside a browser nor one of the system` };
}
