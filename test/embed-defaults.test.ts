import { expect, it } from 'vitest';
import { generateOptions } from '../src/embed/options.ts';
import { defaultSettings } from '../src/ui/state/settings.ts';

it('page and embed mean the same by what a link leaves out', () => {
  const options = generateOptions(() => null);
  expect(defaultSettings).toMatchObject(options);
});
