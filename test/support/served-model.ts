import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ServedModel {
  /** `http://127.0.0.1:…/v1` */
  baseUrl: string;
  close(): Promise<void>;
}

/** Time to start it in, on a machine that does other things too. */
export const startMs = 60_000;

/** `vitrine serve` of the bundled model on the CPU, in a process of its own. */
export async function serveBundled(...flags: string[]): Promise<ServedModel> {
  const script = new URL('cli-process.ts', import.meta.url).pathname;
  const args = ['--import', 'tsx', script, 'serve', 'tiny-tales', '--cpu', '--port', '0', ...flags];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const ended = once(child, 'exit');
  const started = await Promise.race([once(lines, 'line'), ended.then(() => [''])]);
  const baseUrl = /http:\S+/.exec(String(started[0]))?.[0];
  if (!baseUrl) throw new Error(`The server did not start: ${started[0]}`);
  return {
    baseUrl,
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
