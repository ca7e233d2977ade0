import { findBrowser, playwrightHasBrowser } from '../browser.ts';
import { findFirefox, findWebKit, hasDisplay } from '../browsers/index.ts';
import { findVulkanDriver, hasVulkanLoader } from '../vulkan.ts';

/** Something that a step needs and that npm does not install. */
export interface Requirement {
  /** As a sentence says it: "Firefox". */
  readonly name: string;
  /** Debian packages that bring it. */
  readonly packages: readonly string[];
  /** How to get it where apt-get is not there. */
  readonly elsewhere: string;
  present(): boolean | Promise<boolean>;
}

const linux = process.platform === 'linux';

export const chromium: Requirement = {
  name: 'Chromium',
  packages: ['chromium', 'chromium-headless-shell'],
  elsewhere: 'install Chrome or Chromium, set CHROMIUM_PATH, or run npx playwright install chromium',
  present: async () => findBrowser() !== undefined || (await playwrightHasBrowser()),
};

/** Elsewhere Dawn and Firefox use Metal or Direct3D, which the system has. */
export const vulkanLoader: Requirement = {
  name: 'the Vulkan loader (libvulkan.so.1)',
  packages: ['libvulkan1'],
  elsewhere: 'install the Vulkan loader of your distribution',
  present: () => !linux || hasVulkanLoader(),
};

export const vulkanDriver: Requirement = {
  name: 'a Vulkan driver',
  packages: ['chromium'],
  elsewhere:
    'install Chromium, which has a software driver, or a driver of your distribution (mesa), or set VK_ICD_FILENAMES',
  present: async () => !linux || (await findVulkanDriver()) !== undefined,
};

export const firefox: Requirement = {
  name: 'Firefox',
  packages: ['firefox-esr'],
  elsewhere: 'install Firefox or set FIREFOX_PATH',
  present: () => findFirefox() !== undefined,
};

export const webkit: Requirement = {
  name: 'WebKitGTK with its driver',
  packages: ['webkit2gtk-driver'],
  elsewhere:
    'on Linux, install WebKitWebDriver and MiniBrowser of WebKitGTK, or set WEBKIT_DRIVER_PATH and MINIBROWSER_PATH',
  present: () => findWebKit() !== undefined,
};

export const display: Requirement = {
  name: 'a display',
  packages: ['xvfb'],
  elsewhere: 'install Xvfb or set DISPLAY',
  present: hasDisplay,
};

/** Those that are not there, each once, in order. */
export async function missingOf(needs: readonly Requirement[]): Promise<Requirement[]> {
  const missing: Requirement[] = [];
  for (const need of new Set(needs)) if (!(await need.present())) missing.push(need);
  return missing;
}

/** Why a step cannot run and what to do: "Firefox is missing; apt-get install firefox-esr". */
export function reasonOf(missing: readonly Requirement[], debian: boolean): string {
  const names = missing.map(({ name }) => name).join(' and ');
  const verb = missing.length > 1 ? 'are' : 'is';
  const packages = [...new Set(missing.flatMap((need) => need.packages))];
  const advice = debian
    ? `apt-get install ${packages.join(' ')}`
    : missing.map(({ elsewhere }) => elsewhere).join('; ');
  return `${names} ${verb} missing; ${advice}`;
}
