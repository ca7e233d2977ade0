import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { entryNames } from './build/entries.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pack = JSON.parse(read('package.json'));

describe('the package', () => {
  it('has an export with types for every entry of the build, and for nothing else', () => {
    const exported = Object.values(pack.exports).flatMap((entry) =>
      typeof entry === 'object' ? [(entry as { default: string }).default] : [],
    );
    expect(exported.sort()).toEqual(entryNames.map((name) => `./dist/${name}.js`).sort());
    for (const { types, default: code } of Object.values<{ types?: string; default?: string }>(pack.exports))
      expect(types).toBe(code?.replace(/\.js$/, '.d.ts'));
    expect(pack.customElements).toBe('./dist/custom-elements.json');
  });

  it('asks for peers that are all optional, so that the library alone needs none', () => {
    for (const name of Object.keys(pack.peerDependencies))
      expect([name, pack.peerDependenciesMeta[name]?.optional]).toEqual([name, true]);
    expect(pack.dependencies).toBeUndefined();
  });

  it('is published in public with provenance', () => {
    expect(pack.publishConfig).toEqual({ access: 'public', provenance: true });
  });
});

describe('changesets', () => {
  const folder = join(root, '.changeset');
  const files = readdirSync(folder).filter((name) => name.endsWith('.md') && name !== 'README.md');

  it('are set up for the branch and for a changelog written by hand', () => {
    const config = JSON.parse(read('.changeset/config.json'));
    expect(config).toMatchObject({ baseBranch: 'main', access: 'public', changelog: false });
    expect(existsSync(join(folder, config.$schema))).toBe(true);
  });

  it.each(files)('%s says how far it raises the version, and what changed', (name) => {
    const [, front = '', text = ''] =
      /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(read(`.changeset/${name}`)) ?? [];
    expect(parse(front)).toEqual({ [pack.name]: expect.stringMatching(/^(patch|minor|major)$/) });
    expect(text.trim()).toMatch(/\w+ \w+/);
  });
});
