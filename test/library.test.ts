import { describe, expect, it } from 'vitest';

describe('the library', () => {
  it('can be imported where there is no DOM, and exports what it promises', async () => {
    const library = await import('../src/index.ts');
    expect(Object.keys(library).sort()).toEqual(
      ['VitrineError', 'deleteCached', 'listCached', 'loadModel', 'planMemory', 'selfCheck'].sort(),
    );
  });
});
