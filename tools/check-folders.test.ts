import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkTree } from './check-folders.ts';
import { levels } from './folders/rules.ts';

let root = '';

/** A tree of these files; what they import exists and is empty. */
function tree(files: Record<string, string>) {
  root = mkdtempSync(join(tmpdir(), 'folders-'));
  const all = { ...Object.fromEntries(targets.map((path) => [path, 'export const x = 1;\n'])), ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkTree(root);
}

const circle = `import type { D } from './d.ts';\nexport type E = D;\n`;

const targets = [
  'src/index.ts',
  ...levels.flat().map((folder) => `src/${folder}/index.ts`),
  ...['src/model/config.ts', 'src/engine/load.ts', 'src/odd/index.ts'],
  'src/lib/e.ts',
  ...['src/shaders/reference/index.ts', 'src/runtime/gpu/autotune/index.ts', 'test/support/random.ts'],
];

afterEach(() => rmSync(root, { recursive: true, force: true }));

const wrong: [path: string, text: string, rule: string][] = [
  ['src/model/a.ts', `import { x } from '../engine/index.ts';`, 'model-downward'],
  ['src/gpu/a.ts', `import type { x } from '../weights/index.ts';`, 'gpu-downward'],
  ['src/ui/a.tsx', `import { x } from '../embed/index.ts';`, 'ui-downward'],
  ['src/engine/a.ts', `import {\n  x,\n} from '../model/config.ts';`, 'through-index'],
  ['src/worker/a.ts', `const a = await import('../engine/load.ts');`, 'through-index'],
  ['src/worker/b.ts', `export { x } from '../ui/index.ts';`, 'worker-downward'],
  ['src/lib/a.ts', `import '../index.ts';`, 'not-the-entry'],
  ['src/lib/b.ts', `import { x } from '../../test/support/random.ts';`, 'shipped-code-only'],
  ['src/lib/c.ts', `import { x } from '../odd/index.ts';`, 'known-folder'],
  ['src/runtime/a.ts', `import { x } from '../shaders/reference/index.ts';`, 'no-references-in-shipped-code'],
  ['src/lib/d.ts', `import type { E } from './e.ts';\nexport type D = E;`, 'no-circle'],
];

describe('folder directions', () => {
  it('passes a tree whose imports point downward through index.ts', async () => {
    const report = await tree({
      'src/index.ts': `export { loadModel } from './worker/index.ts';\n`,
      'src/worker/index.ts': `import { a } from '../engine/index.ts';\nimport { b } from './client.ts';\n`,
      'src/worker/client.ts': `import { assert } from '../lib/index.ts';\n// import '../ui/index.ts';\n`,
      'src/engine/index.ts': `import('../runtime/gpu/autotune/index.ts');\n`,
      'src/model/gpt2.test.ts': `import { x } from '../../test/support/random.ts';\n`,
      'src/runtime/a.test.ts': `import { x } from '../shaders/reference/index.ts';\n`,
    });
    expect(report.errors).toEqual([]);
  });

  it('refuses what points upward, sideways, past an index or in a circle, and says why', async () => {
    const { errors } = await tree({
      ...Object.fromEntries(wrong.map(([path, text]) => [path, `${text}\n`])),
      'src/lib/e.ts': circle,
    });
    for (const [path, , rule] of wrong) {
      const found = errors.filter((line) => line.startsWith(`${path} → `) && line.includes(`: ${rule}. `));
      expect(found, `${path} breaks ${rule}:\n${errors.join('\n')}`).toHaveLength(1);
    }
  });

  it('refuses files over 300 lines and warns over 250', async () => {
    const { errors, warnings } = await tree({
      'src/lib/long.ts': 'x();\n'.repeat(301),
      'src/lib/longish.wgsl': 'x();\n'.repeat(251),
      'src/lib/fits.ts': 'x();\n'.repeat(250),
    });
    expect(errors).toEqual([expect.stringContaining('src/lib/long.ts: 301 lines')]);
    expect(warnings).toEqual([expect.stringContaining('src/lib/longish.wgsl: 251 lines')]);
  });
});
