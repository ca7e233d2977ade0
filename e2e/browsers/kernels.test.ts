import { describe, expect, it } from 'vitest';
import type { DeviceTestReport } from '../../src/device-test/index.ts';
import { laneBrowser, openSite, SitePage } from './lane.ts';

/** Runs the site's page that tests a device; in a browser without WebGPU it checks the CPU engine alone. */
async function runDeviceTest(): Promise<DeviceTestReport> {
  const site = await openSite();
  try {
    const { page } = site.browser;
    await new SitePage(page, site.origin).open('device.html');
    return await page.evaluate(() => window.deviceTest.run());
  } finally {
    await site.close();
  }
}

// Before the tests are listed: each check of the page is a test, and which there are depends on the device.
const report = await runDeviceTest();

describe('the device test', () => {
  it('runs on the device of this lane', () => {
    if (laneBrowser() === 'firefox') expect(report.environment.webgpu).toBe('');
    else expect(report.environment.webgpu).not.toBe('');
    expect(report.cases.some(({ operation }) => operation === 'whole model')).toBe(true);
  });

  for (const { operation, name, status, reason } of report.cases) {
    const title = `${operation}: ${name}`;
    if (status === 'unsupported') it.skip(`${title} (${reason})`);
    else it(title, () => expect(status, reason).toBe('passed'));
  }
});
