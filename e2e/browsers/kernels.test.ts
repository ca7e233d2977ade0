import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { CaseResult, DeviceTestReport } from '../../src/device-test/index.ts';
import { laneBrowser, openSite, SitePage } from './lane.ts';

/** What the run in the page leaves on its window. */
interface Progress {
  cases: CaseResult[];
  report?: DeviceTestReport;
  error?: string;
}

/** Longest that one check may take before the run counts as stuck: all its kernels compile in this time. */
const longestCheck = 300_000;

/**
 * Runs the site's page that tests a device, each kernel once, as what differs here is the compiler: the other sizes are
 * tried in Chromium. $VITRINE_FIREFOX is `all` to run everything, the model in each dtype too. In a browser without
 * WebGPU the page checks the CPU engine alone. The run is started and then looked at, since no single command to the
 * browser may last as long as all checks together.
 */
async function runDeviceTest(): Promise<DeviceTestReport> {
  const site = await openSite();
  try {
    const { page } = site.browser;
    await new SitePage(page, site.origin).open('device.html');
    // The page counts as loaded in WebKit before its module has run.
    await page.evaluate(async () => {
      const end = Date.now() + 60_000;
      while (!('deviceTest' in window) && Date.now() < end)
        await new Promise((resolve) => setTimeout(resolve, 50));
    });
    const brief = process.env.VITRINE_FIREFOX !== 'all';
    await page.evaluate((brief) => {
      const progress: Progress = { cases: [] };
      Object.assign(window, { progress });
      window.deviceTest.run({ brief, onResult: (result) => progress.cases.push(result) }).then(
        (report) => Object.assign(progress, { report }),
        (error) => Object.assign(progress, { error: String(error) }),
      );
    }, brief);
    let done = 0;
    let since = Date.now();
    for (;;) {
      const now = await page.evaluate(() => (window as unknown as { progress: Progress }).progress);
      if (now.report) return now.report;
      if (now.error) throw new Error(now.error);
      if (now.cases.length > done) since = Date.now();
      done = now.cases.length;
      const last = now.cases.at(-1);
      if (Date.now() - since > longestCheck)
        throw new Error(`The check after ${done}, ${last?.operation}: ${last?.name}, does not end.`);
      await sleep(500);
    }
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
