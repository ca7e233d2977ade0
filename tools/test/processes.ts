import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Counts, noCounts } from './counts.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A command that npm installed. */
export const bin = (name: string): string => join(root, 'node_modules', '.bin', name);

/** Prints each line of a command behind the step's name, since two steps may write at once. */
function printLines(child: ChildProcess, prefix: string): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', (line) => console.log(`${prefix} │ ${line}`));
  }
}

/** Runs a command in the project's root; gives its exit code, 1 if it could not start. */
export function runCommand(
  prefix: string,
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve) => {
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    const child = spawn(command, args, { cwd: root, stdio: [...stdio], env: { ...process.env, ...env } });
    printLines(child, prefix);
    child.on('error', (error) => {
      console.error(`${prefix} │ ${command}: ${error.message}`);
      resolve(1);
    });
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** Counts of a JSON report; none if the command did not write one. */
export function readReport<Report>(file: string, count: (report: Report) => Counts): Counts {
  if (!existsSync(file)) return noCounts();
  return count(JSON.parse(readFileSync(file, 'utf8')));
}
