import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCommand } from './commands.ts';

const bundled = fileURLToPath(new URL('../../public/models', import.meta.url));

/** Runs a command line in this process. */
async function vitrine(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const status = await runCommand(args, {
    bundled,
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
  });
  return { status, out: out.join(''), err: err.join('') };
}

const text = 'Once upon a time';
const quick = ['--cpu'];

describe('the command line', () => {
  it('writes a text, or its tokens as JSON', async () => {
    const plain = await vitrine(
      'run',
      'tiny-tales',
      text,
      '--max-new-tokens',
      '5',
      '--temperature',
      '0',
      ...quick,
    );
    const json = await vitrine(
      'run',
      'tiny-tales',
      text,
      '--max-new-tokens=5',
      '--temperature=0',
      '--json',
      ...quick,
    );
    const answer = JSON.parse(json.out);
    expect([plain.status, json.status, plain.err]).toEqual([0, 0, '']);
    expect(plain.out).toBe(`${text}${answer.sequences[0].text}\n`);
    expect(answer).toMatchObject({ model: 'tiny-tales', sequences: [{ finishReason: 'length' }] });
    expect(answer.sequences[0].tokens).toHaveLength(5);
  });

  it('scores and inspects a text from a folder', async () => {
    const folder = `${bundled}/tiny-tales`;
    const scored = JSON.parse((await vitrine('score', folder, text, ...quick)).out);
    expect(scored.model).toBe('tiny-tales');
    expect(scored.tokens.map((token: { text: string }) => token.text).join('')).toBe(text);
    expect(scored.tokens[0].logprob).toBeNull();
    expect(scored.perplexity).toBeGreaterThan(1);
    const seen = JSON.parse((await vitrine('inspect', folder, text, '--attention', ...quick)).out);
    const [head] = seen.attention[0];
    expect(head).toHaveLength(seen.tokens.length);
    expect(head[1][0] + head[1][1]).toBeCloseTo(1, 5);
    expect(seen.logitLens).toBeUndefined();
  });

  it.each([
    [['frobnicate'], 'There is no command frobnicate'],
    [['run', 'tiny-tales'], 'run takes MODEL PROMPT'],
    [['run', 'tiny-tales', text, '--top-q', '1'], '--top-q'],
    [['run', 'tiny-tales', text, '--top-p', 'much'], '--top-p is NaN'],
    [['run', 'tiny-tales', text, '--n', '2'], '--json'],
    [['serve', 'tiny-tales', '--port', '99999'], '--port is 99999'],
    [['score', 'tiny-tales', text, '--revision', 'main'], '--revision goes with a hub id'],
    [['score', 'tiny-tales', text, '--cpu', '--dtype', 'f8'], "dtype is 'f8'"],
    [['score', 'tiny-tales', text, '--cpu', '--gpu'], '--cpu and --gpu exclude each other'],
  ])('refuses %j by name', async (args, named) => {
    const { status, out, err } = await vitrine(...args);
    expect(status).toBe(2);
    expect(out).toBe('');
    expect(err).toContain(named);
  });

  it('names a port that is taken before it loads a model', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      const { status, out, err } = await vitrine('serve', './nowhere', '--port', String(port));
      expect([status, out]).toEqual([1, '']);
      expect(err).toContain(`network: Port ${port} of 127.0.0.1 is taken`);
      expect(err).toContain('--port 0');
    } finally {
      other.close();
    }
  });

  it('names a folder that is not there, and shows its usage', async () => {
    expect(await vitrine('score', './nowhere', text, ...quick)).toMatchObject({
      status: 1,
      err: expect.stringContaining('not-found'),
    });
    expect((await vitrine('--help')).out).toContain('vitrine serve MODEL');
    expect((await vitrine()).status).toBe(2);
  });
});
