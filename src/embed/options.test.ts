import { describe, expect, it } from 'vitest';
import { autoload, generateOptions, loadOptions, propertyName } from './options.ts';

const reading = (values: Record<string, string>) => (name: string) => values[name] ?? null;

describe('attributes of an embed', () => {
  it('become options, numbers only', () => {
    const read = reading({ 'max-new-tokens': '12', temperature: '0', 'top-k': 'many', seed: ' 7 ' });
    expect(generateOptions(read)).toEqual({ maxNewTokens: 12, temperature: 0, topK: 40, seed: 7 });
  });

  it('load nothing by themselves unless told so', () => {
    expect(autoload(reading({}))).toBe('click');
    expect(autoload(reading({ autoload: 'yes' }))).toBe('click');
    expect(autoload(reading({ autoload: 'visible' }))).toBe('visible');
  });

  it('name a hub and a dtype that exists', () => {
    expect(loadOptions(reading({ hub: 'https://h.example', dtype: 'f8' }))).toEqual({
      hub: 'https://h.example',
    });
    expect(loadOptions(reading({ dtype: 'int8' }))).toEqual({ dtype: 'int8' });
  });

  it('have properties in camel case', () => {
    expect(propertyName('max-new-tokens')).toBe('maxNewTokens');
  });
});

describe('without a DOM', () => {
  it('the element can be imported', async () => {
    const element = await import('./element.ts');
    expect(element.usage()).toEqual({ models: 0, gpuBytes: 0 });
  });
});
