import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { addCounts, noCounts, summaryLine } from './test/counts.ts';
import { installMissing, thisMachine } from './test/install.ts';
import { runSteps, type Step, type StepResult } from './test/schedule.ts';
import { allSteps } from './test/steps.ts';

/**
 * The whole check, as `npm test` runs it. Arguments: names of steps to run only those (`npm test -- unit e2e`).
 * The last line is `N passed, N failed`, and `, N skipped` when something could not run.
 */
function chooseSteps(steps: Step[], names: string[]): Step[] {
  const known = steps.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`No such step: ${unknown.join(', ')}. Steps: ${known.join(', ')}.`);
    process.exit(2);
  }
  return names.length > 0 ? steps.filter(({ name }) => names.includes(name)) : steps;
}

function resultLine({ name, counts, seconds, note }: StepResult): string {
  return `${name.padEnd(12)} ${summaryLine(counts)} (${note ?? `${seconds} s`})`;
}

async function main(): Promise<void> {
  const reports = mkdtempSync(join(tmpdir(), 'vitrine-test-'));
  try {
    const steps = chooseSteps(allSteps(reports), process.argv.slice(2));
    await installMissing(steps.flatMap(({ needs }) => needs ?? []));
    const begun = performance.now();
    const results = await runSteps(steps, {
      slots: Math.min(2, availableParallelism()),
      debian: thisMachine().debian,
      onBegin: (name) => console.log(`── ${name} begins`),
      onEnd: (result) => console.log(`── ${resultLine(result)}`),
    });
    const total = results.map(({ counts }) => counts).reduce(addCounts, noCounts());
    const seconds = Math.round((performance.now() - begun) / 1000);
    console.log(`\n${results.map(resultLine).join('\n')}\nAll in ${seconds} s.\n`);
    for (const { name, counts } of results)
      for (const failure of counts.failures ?? []) console.log(`Failed in ${name}: ${failure}`);
    console.log(summaryLine(total));
    process.exitCode = total.failed > 0 ? 1 : 0;
  } finally {
    rmSync(reports, { recursive: true, force: true });
  }
}

await main();
