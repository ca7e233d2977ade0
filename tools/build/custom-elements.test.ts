import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CustomElementDeclaration } from 'custom-elements-manifest/schema.js';
import { describe, expect, it } from 'vitest';
import { attributeNames, propertyName } from '../../src/embed/options.ts';
import { customElements } from './custom-elements.ts';

const [module] = customElements().modules;
const element = module?.declarations?.[0] as CustomElementDeclaration;
const folder = join(import.meta.dirname, '../../src/embed');
const source = readdirSync(folder)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('\n');
const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name);
const matches = (pattern: RegExp) =>
  [...new Set([...source.matchAll(pattern)].map(([, name]) => name))].sort();

describe('the manifest of the element', () => {
  it('has its attributes, each with a description and its property', () => {
    expect(names(element.attributes)).toEqual(attributeNames);
    const fields = element.members?.filter(({ kind }) => kind === 'field') ?? [];
    for (const { name, description, fieldName } of element.attributes ?? []) {
      expect([name, description]).toEqual([name, expect.stringMatching(/\w/)]);
      expect(fieldName).toBe(name === 'stop' ? undefined : propertyName(name));
      if (fieldName) expect(names(fields)).toContain(fieldName);
    }
  });

  it('has the methods that others call, and no others', () => {
    const methods = element.members?.filter(({ kind }) => kind === 'method');
    expect(names(methods)).toEqual(['generate', 'stop']);
  });

  it('has every event that is dispatched', () => {
    expect(names(element.events).sort()).toEqual(matches(/this\.emit\('(\w+)'/g));
    for (const { type, description } of element.events ?? [])
      expect([type.text, description]).toEqual([
        expect.stringMatching(/^CustomEvent<.+>$/s),
        expect.stringMatching(/\w/),
      ]);
  });

  it('has every part of its shadow tree, and the documentation names them too', () => {
    const made = matches(/\bmake\('\w+', '(\w+)'/g);
    expect(names(element.cssParts).sort()).toEqual([...made, 'recorded', 'token'].sort());
    const page = readFileSync(join(import.meta.dirname, '../../docs/embeds.md'), 'utf8');
    for (const name of [...names(element.cssParts), ...names(element.events), ...names(element.attributes)])
      expect(page).toContain(`\`${name}\``);
  });

  it('has no slots, as the element has none', () => {
    expect(element.slots).toBeUndefined();
    expect(source).not.toMatch(/'slot'|<slot/);
  });
});
