import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { isSoftware } from '../src/gpu/index.ts';

const script = new URL('support/cli-process.ts', import.meta.url).pathname;

/** The command line in a process of its own, which gets its device by itself. */
function run(...flags: string[]): {
  backend: string;
  sequences: { tokens: { id: number; logprob: number }[] }[];
} {
  const args = [
    'run',
    'tiny-tales',
    'Once upon a time',
    '--json',
    '--max-new-tokens',
    '4',
    '--temperature',
    '0',
  ];
  const program = ['--import', 'tsx', script, ...args, '--dtype', 'f32', ...flags];
  return JSON.parse(execFileSync(process.execPath, program, { encoding: 'utf8', timeout: 170_000 }));
}

describe('vitrine run where there is a software adapter', () => {
  it('takes the CPU, which is faster, unless told otherwise', async () => {
    const adapter = await navigator.gpu.requestAdapter();
    expect(run().backend).toBe(adapter && !isSoftware(adapter.info) ? 'webgpu' : 'cpu');
  });
});

describe('vitrine run on Dawn', () => {
  it('writes on the GPU what it writes on the CPU', () => {
    const [gpu, cpu] = [run('--gpu'), run('--cpu')];
    expect([gpu.backend, cpu.backend]).toEqual(['webgpu', 'cpu']);
    const idsOf = ({ sequences }: typeof gpu) => sequences[0]?.tokens.map(({ id }) => id);
    expect(idsOf(gpu)).toHaveLength(4);
    expect(idsOf(gpu)).toEqual(idsOf(cpu));
    for (const [at, { logprob }] of (gpu.sequences[0]?.tokens ?? []).entries())
      expect(logprob).toBeCloseTo(cpu.sequences[0]?.tokens[at]?.logprob ?? Number.NaN, 3);
  });
});
