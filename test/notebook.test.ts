import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { outputsOf, readNotebook, scriptOf } from './support/notebook.ts';
import { type ServedModel, serveBundled, startMs } from './support/served-model.ts';

const notebook = readNotebook();

describe('the notebook', () => {
  it('is one of version 4.5: cells with ids, sources as lines, outputs that the code gives', () => {
    expect(notebook).toMatchObject({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: 'python3' } },
    });
    expect(new Set(notebook.cells.map(({ id }) => id)).size).toBe(notebook.cells.length);
    for (const { cell_type: type, id, source, outputs } of notebook.cells) {
      expect(id).toMatch(/^[\w-]{1,64}$/);
      expect(source.slice(0, -1).every((line) => line.endsWith('\n'))).toBe(true);
      expect(Array.isArray(outputs)).toBe(type === 'code');
    }
    const code = notebook.cells.map(({ source }) => source.join(''));
    for (const html of outputsOf(notebook))
      expect(code).toContainEqual(expect.stringContaining(`HTML("""${html}""")`));
    expect(outputsOf(notebook)).toHaveLength(2);
  });
});

const python = spawnSync('python3', ['--version']).status === 0 ? 'python3' : undefined;

describe.skipIf(!python)('its script, by Python’s own library (needs python3)', () => {
  let served: ServedModel;
  beforeAll(async () => {
    served = await serveBundled();
  }, startMs);
  afterAll(() => served?.close());

  it('completes and scores on a server of ours', () => {
    const env = { ...process.env, VITRINE_SERVER: served.baseUrl };
    const { stdout, stderr } = spawnSync(python ?? '', ['-c', scriptOf(notebook)], { env, encoding: 'utf8' });
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toMatch(/\w+ \w+ \w+/);
    expect(Number(lines.at(-2))).toBeLessThan(0);
    const logprobs = JSON.parse(lines.at(-1) ?? '') as number[];
    expect(logprobs.length).toBeGreaterThan(4);
    expect(Math.max(...logprobs)).toBeLessThan(0);
  });
});
