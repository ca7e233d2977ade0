import { join } from 'node:path';
import { findVulkanDriver } from '../vulkan.ts';
import { noCounts, playwrightCounts, settle, vitestCounts } from './counts.ts';
import { bin, readReport, runCommand } from './processes.ts';
import { chromium, display, firefox, vulkanDriver, vulkanLoader, webkit } from './requirements.ts';
import type { Step } from './schedule.ts';

/** A script of package.json that is one check: it passes or fails as a whole. */
function check(name: string, script: string): Step {
  const run = async () => {
    const code = await runCommand(name, 'npm', ['run', '--silent', script]);
    return { ...noCounts(), [code === 0 ? 'passed' : 'failed']: 1 };
  };
  return { name, run };
}

interface Lane extends Omit<Step, 'run'> {
  /** Test files; all of the project unless given. */
  files?: readonly string[];
  env?: () => Promise<Record<string, string>>;
}

/** The Vitest project of the step's name, counted from its JSON report in `reports`. */
function lane(reports: string, { files = [], env, ...step }: Lane): Step {
  const run = async () => {
    const file = join(reports, `${step.name}.json`);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile=${file}`];
    const args = ['run', '--project', step.name, ...files, ...reporters];
    const code = await runCommand(step.name, bin('vitest'), args, await env?.());
    return settle(readReport(file, vitestCounts), code);
  };
  return { ...step, run };
}

/** Playwright's tests, counted from their JSON report in `reports`. */
function endToEnd(reports: string): Step {
  const run = async () => {
    const file = join(reports, 'e2e.json');
    const env = { PLAYWRIGHT_JSON_OUTPUT_NAME: file };
    const code = await runCommand('e2e', bin('playwright'), ['test', '--reporter=list,json'], env);
    return settle(readReport(file, playwrightCounts), code);
  };
  return { name: 'e2e', needs: [chromium], after: 'build', run };
}

/**
 * What the lane on Dawn runs unless $VITRINE_DAWN is `all`: that Node gets a device, and that the token loop on it draws
 * what the reference draws. All else is checked in Chromium, whose WebGPU is Dawn too; the README's example for Node runs
 * a whole model on it.
 */
const dawnFiles = [
  'test/adapter.gpu.test.ts',
  'test/cli.dawn.test.ts',
  'src/runtime/gpu/sample-step.gpu.test.ts',
];

async function softwareDriver(): Promise<Record<string, string>> {
  const driver = await findVulkanDriver();
  return driver ? { VK_ICD_FILENAMES: driver } : {};
}

/**
 * All steps of `npm test`, the longest early and the shortest last, so that two that run at once end together.
 * @param reports folder for the reports of the lanes
 */
export function allSteps(reports: string): Step[] {
  const vulkan = [vulkanLoader, vulkanDriver];
  const allOnDawn = process.env.VITRINE_DAWN === 'all';
  return [
    check('build', 'build'),
    lane(reports, { name: 'gpu', needs: [chromium] }),
    endToEnd(reports),
    lane(reports, { name: 'firefox', needs: [firefox, ...vulkan], after: 'build' }),
    lane(reports, { name: 'unit' }),
    lane(reports, { name: 'unit-alone' }),
    check('types', 'check:types'),
    lane(reports, { name: 'firefox-cpu', needs: [firefox], after: 'build' }),
    lane(reports, { name: 'dawn', needs: vulkan, files: allOnDawn ? [] : dawnFiles, env: softwareDriver }),
    lane(reports, { name: 'webkit', needs: [webkit, display], after: 'build' }),
    check('lint', 'check:lint'),
    check('folders', 'check:folders'),
  ];
}
