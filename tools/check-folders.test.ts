import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkTree, importsOf } from './check-folders.mjs';

let root = '';

function tree(files: Record<string, string>) {
  root = mkdtempSync(join(tmpdir(), 'folders-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkTree(root);
}

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('folder directions', () => {
  it('passes a tree whose imports point downward through index.ts', () => {
    const report = tree({
      'src/index.ts': `export { loadModel } from './worker/index.ts';\n`,
      'src/worker/index.ts': `import { a } from '../engine/index.ts';\nimport { b } from './client.ts';\n`,
      'src/worker/client.ts': `import { assert } from '../lib/index.ts';\n`,
      'src/model/gpt2.test.ts': `import { random } from '../../test/support/random.ts';\n`,
    });
    expect(report.errors).toEqual([]);
    expect(report.files).toBe(4);
  });

  it.each([
    ['src/model/a.ts', `import { x } from '../engine/index.ts';`, 'downward only'],
    ['src/gpu/a.ts', `import type { x } from '../weights/index.ts';`, 'must not know each other'],
    ['src/ui/a.tsx', `import { x } from '../embed/index.ts';`, 'must not know each other'],
    ['src/engine/a.ts', `import {\n  x,\n} from '../model/config.ts';`, 'through src/model/index.ts only'],
    ['src/worker/a.ts', `const x = await import('../engine/load.ts');`, 'through src/engine/index.ts only'],
    ['src/worker/a.ts', `export { x } from '../ui/index.ts';`, 'downward only'],
    ['src/lib/a.ts', `import '../index.ts';`, 'above it'],
    ['src/lib/a.ts', `import { x } from '../../test/support/x.ts';`, 'not shipped'],
    ['src/worker/a.ts', `new Worker(new URL('../ui/main.tsx', import.meta.url));`, 'downward only'],
    ['src/lib/a.ts', `import { x } from '../odd/index.ts';`, 'no level'],
  ])('%s with %s is refused', (path, text, why) => {
    const { errors } = tree({ [path]: `${text}\n` });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(path);
    expect(errors[0]).toContain(why);
  });

  it('refuses files over 400 lines and warns over 250', () => {
    const { errors, warnings } = tree({
      'src/lib/long.ts': 'x();\n'.repeat(401),
      'src/lib/longish.wgsl': 'x();\n'.repeat(251),
      'src/lib/fits.ts': 'x();\n'.repeat(250),
    });
    expect(errors).toEqual([expect.stringContaining('src/lib/long.ts: 401 lines')]);
    expect(warnings).toEqual([expect.stringContaining('src/lib/longish.wgsl: 251 lines')]);
  });

  it('reads every form of import and no comment', () => {
    const text = `
// import { a } from './comment.ts';
/** import b from './docs.ts' */
import './side.ts';
import type { c } from './type.ts';
export { d } from './again.ts';
const e = import('./lazy.ts');
`;
    expect(importsOf(text)).toEqual(['./side.ts', './type.ts', './again.ts', './lazy.ts']);
  });
});
