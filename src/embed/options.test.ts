import { describe, expect, it } from 'vitest';
import type { LoadProgress } from '../engine/index.ts';
import {
  attributeNames,
  autoload,
  frameNames,
  generateOptions,
  loadOptions,
  pageAddress,
  propertyName,
} from './options.ts';
import { progressText } from './progress.ts';
import { settable } from './protocol.ts';

const reading = (values: Record<string, string>) => (name: string) => values[name] ?? null;

describe('attributes of an embed', () => {
  it('become options', () => {
    const read = reading({
      ...{ 'max-new-tokens': '12', temperature: '0', 'top-k': '', seed: ' 7 ', eos: 'false' },
      ...{ 'no-repeat-ngram-size': '3', stop: 'The end\n\n.', overflow: 'slide' },
    });
    expect(generateOptions(read)).toEqual({
      ...{ maxNewTokens: 12, temperature: 0, topK: 40, seed: 7, eos: false },
      ...{ noRepeatNgramSize: 3, stop: ['The end', '.'], overflow: 'slide' },
    });
  });

  it('are refused by name where a number is none', () => {
    for (const name of ['top-k', 'temperature', 'seed'])
      expect(() => generateOptions(reading({ [name]: 'many' }))).toThrow(
        expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(name) }),
      );
  });

  it('do not load automatically unless configured', () => {
    expect(autoload(reading({}))).toBe('click');
    expect(autoload(reading({ autoload: 'yes' }))).toBe('click');
    expect(autoload(reading({ autoload: 'visible' }))).toBe('visible');
  });

  it('name a hub and a dtype', () => {
    expect(loadOptions(reading({ hub: 'https://h.example', dtype: 'int8' }))).toEqual({
      ...{ hub: 'https://h.example', dtype: 'int8' },
    });
    expect(loadOptions(reading({ hub: '' }))).toEqual({});
  });

  it('name a server only together with the permission to send text there', () => {
    const server = 'https://server.example/v1';
    expect(loadOptions(reading({ server, 'allow-remote': '' }))).toEqual({ server });
    for (const more of [{}, { 'allow-remote': 'false' }] as Record<string, string>[])
      expect(() => loadOptions(reading({ server, ...more }))).toThrow(
        expect.objectContaining({
          code: 'invalid-argument',
          message: expect.stringContaining('allow-remote'),
        }),
      );
    expect(generateOptions(reading({ server })).topK).toBe(-1);
    expect(generateOptions(reading({ server, 'top-k': '5' })).topK).toBe(5);
    expect(pageAddress('https://demo.example/', 'A', reading({ server, model: 'big' }))).toBe(
      'https://demo.example/?prompt=A',
    );
  });

  it('cannot be chosen by the address of a frame, nor by the page around it', () => {
    for (const name of ['server', 'allow-remote']) {
      expect(attributeNames).toContain(name);
      expect(frameNames).not.toContain(name);
      expect(settable).not.toContain(name);
    }
  });

  it('lead to the same text on the page of the site', () => {
    const read = reading({ model: 'a/b@c', prompt: 'as it was', seed: '7', stop: 'x\ny', theme: 'dark' });
    expect(pageAddress('https://demo.example/sub/embed.html', 'A fox & I', read)).toBe(
      'https://demo.example/sub/?model=a%2Fb%40c&prompt=A+fox+%26+I&seed=7&stop=x&stop=y',
    );
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

describe('how far a load is', () => {
  const progress = (more: Partial<LoadProgress>): LoadProgress => ({
    ...{ phase: 'weights', file: 'm', loadedBytes: 4.2e6, totalBytes: 11.8e6, bytesPerSecond: 3.1e6 },
    ...{ fromCache: false, ...more },
  });

  it.each([
    [{ secondsLeft: 2.4 }, 'Loading 4.20 MB of 11.8 MB, 3.10 MB/s, 2 s left'],
    [{ bytesPerSecond: 0 }, 'Loading 4.20 MB of 11.8 MB'],
    [{ fromCache: true }, 'Loading 4.20 MB of 11.8 MB'],
    [{ totalBytes: 0 }, 'Loading the model'],
    [{ loadedBytes: 11.8e6 }, 'Preparing the model'],
    [{ phase: 'ready' }, 'Writing'],
  ] as const)('%o', (more, text) => {
    expect(progressText(progress(more))).toBe(text);
  });
});
