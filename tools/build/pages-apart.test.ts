import { describe, expect, it } from 'vitest';
import { importOfPage } from './pages-apart.ts';

const chunk = (fileName: string, name: string, isEntry: boolean, more: object = {}) => ({
  ...{ fileName, name, isEntry, imports: [] as string[], dynamicImports: [] as string[] },
  ...more,
});
const page = chunk('assets/page-device-1.js', 'page-device', true, { imports: ['assets/lib-1.js'] });
const lib = chunk('assets/lib-1.js', 'lib', false);
const library = chunk('vitrine.js', 'vitrine', true, { imports: ['assets/lib-1.js'] });

describe('chunks of pages', () => {
  it('are imported by none in a right build', () => {
    expect(importOfPage([page, lib, library], ['page-device'])).toBeUndefined();
  });

  it.each(['imports', 'dynamicImports'])('are found among the %s of another chunk', (kind) => {
    const lazy = chunk('assets/lazy-1.js', 'lazy', false, { [kind]: ['assets/page-device-1.js'] });
    expect(importOfPage([page, lib, library, lazy], ['page-device'])).toEqual({
      importer: 'assets/lazy-1.js',
      page: 'assets/page-device-1.js',
    });
  });
});
