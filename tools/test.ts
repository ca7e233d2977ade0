import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './browser.ts';
import {
  addCounts,
  type Counts,
  noCounts,
  playwrightCounts,
  settle,
  summaryLine,
  vitestCounts,
} from './counts.ts';
import { findVulkan } from './vulkan.ts';

/**
 * The whole check, as `npm test` runs it. Options: names of steps to run only those (`npm test -- unit e2e`).
 * The last line is `N passed, N failed`, and `, N skipped` when something could not run.
 */
type Step = () => Promise<Counts>;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const reports = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);

function run(command: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

/** A step that is one check: it passes or fails as a whole. */
function check(command: string, args: string[]): Step {
  return async () => {
    const code = await run(command, args);
    return { ...noCounts(), [code === 0 ? 'passed' : 'failed']: 1 };
  };
}

function readReport<Report>(file: string, count: (report: Report) => Counts): Counts {
  if (!existsSync(file)) return noCounts();
  return count(JSON.parse(readFileSync(file, 'utf8')));
}

/** A Vitest project, counted from its JSON report. */
function lane(project: string, env: Record<string, string> = {}, files: string[] = []): Step {
  return async () => {
    const file = join(reports, `${project}.json`);
    const args = [
      'run',
      '--project',
      project,
      ...files,
      '--reporter=default',
      '--reporter=json',
      `--outputFile=${file}`,
    ];
    const code = await run(bin('vitest'), args, env);
    return settle(readReport(file, vitestCounts), code);
  };
}

/**
 * What the lane on Dawn runs unless $VITRINE_DAWN is `all`: whole models against their references. Every GPU test
 * runs in the browser's lane anyway, and on a software adapter each lane takes minutes.
 */
const dawnFiles = [
  'test/adapter.gpu.test.ts',
  'test/engine.gpu.test.ts',
  'src/runtime/gpu/prefill-program.gpu.test.ts',
  'src/device-test/cases/rows.gpu.test.ts',
];

async function dawn(): Promise<Counts> {
  const { driver, why } = await findVulkan();
  if (why) {
    console.log(`Skipped: GPU tests on Dawn in Node, because ${why}.`);
    return { ...noCounts(), skipped: 1 };
  }
  const all = process.env.VITRINE_DAWN === 'all';
  if (!all)
    console.log(`Of the GPU tests, those of ${dawnFiles.join(', ')}; VITRINE_DAWN=all runs every one.`);
  return lane('dawn', driver ? { VK_ICD_FILENAMES: driver } : {}, all ? [] : dawnFiles)();
}

async function endToEnd(): Promise<Counts> {
  const file = join(reports, 'e2e.json');
  const args = ['test', '--reporter=list,json'];
  const code = await run(bin('playwright'), args, { PLAYWRIGHT_JSON_OUTPUT_NAME: file });
  return settle(readReport(file, playwrightCounts), code);
}

const steps: [string, Step][] = [
  ['types', check(bin('tsc'), ['--noEmit'])],
  ['lint', check(bin('biome'), ['check', '--error-on-warnings', '.'])],
  ['folders', check(process.execPath, ['tools/check-folders.mjs'])],
  ['unit', lane('unit')],
  ['gpu', lane('gpu')],
  ['dawn', dawn],
  ['build', check('npm', ['run', 'build'])],
  ['e2e', endToEnd],
];

function chosenSteps(names: string[]) {
  const unknown = names.filter((name) => !steps.some(([known]) => known === name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(', ')}. Steps: ${steps.map(([name]) => name).join(', ')}.`);
    process.exit(2);
  }
  return names.length > 0 ? steps.filter(([name]) => names.includes(name)) : steps;
}

async function main() {
  const chosen = chosenSteps(process.argv.slice(2));
  await ensureBrowser();
  let total = noCounts();
  const table: string[] = [];
  for (const [name, step] of chosen) {
    console.log(`\n── ${name}`);
    const begun = Date.now();
    const counts = await step();
    table.push(`${name.padEnd(8)} ${summaryLine(counts)} (${Math.round((Date.now() - begun) / 1000)} s)`);
    total = addCounts(total, counts);
  }
  rmSync(reports, { recursive: true, force: true });
  console.log(`\n${table.join('\n')}\n`);
  console.log(summaryLine(total));
  process.exitCode = total.failed > 0 ? 1 : 0;
}

await main();
