import { describe, expect, it } from 'vitest';
import { f32Literal } from '../src/gpu/index.ts';
import { composedKernels } from './support/composed-kernels.ts';
import { unportable } from './support/portable-wgsl.ts';

describe('portable WGSL', () => {
  it('is what every composed kernel is written in', () => {
    const kernels = composedKernels();
    expect(kernels.length).toBeGreaterThan(900);
    const found = kernels.flatMap(({ source, features }) =>
      unportable(source.wgsl, features).map((what) => `${source.name}: ${what}`),
    );
    expect(found).toEqual([]);
  });

  it.each([
    ['const A = bitcast<f32>(0x3f800000u);', 'a call in a module constant'],
    ['const A = f32(1u);', 'a call in a module constant'],
    ['override A: u32 = 1u;', 'an overridable constant'],
    ['requires pointer_composite_access;', 'a language feature to be required'],
    ['fn f(p: ptr<storage, f32>) {}', 'a pointer parameter outside function space'],
    ['fn f() { v.xy += vec2f(); }', 'an assignment to a swizzle'],
    ['fn f() { let a = dot4I8Packed(b, c); }', 'a packed 4x8 function'],
    ['enable f16;', 'enable f16'],
    ['alias t = vec4h;', 'f16 that is not enabled'],
    ['fn f() { let a = subgroupAdd(b); }', 'subgroups that are not enabled'],
  ])('leaves out %s', (wgsl, what) => {
    expect(unportable(wgsl)).toContain(what);
  });

  it.each([
    'const A = 1e-5f * (B + 2.0);',
    'fn f(p: ptr<function, f32>) { let a = v.xy == w.xy; }',
    'fn f() { v.x += 1.0; let b = bitcast<f32>(u); } // override, nan',
  ])('has %s', (wgsl) => {
    expect(unportable(wgsl)).toEqual([]);
  });
});

describe('f32Literal', () => {
  it.each([0, -0, 1, 1e-5, -1e-5, 0.1, 1 / 3, 2 ** -126, 3.4028234663852886e38, 65504, 16777217])(
    'spells %d so that it reads back exactly',
    (value) => {
      const literal = f32Literal(value);
      expect(literal).toMatch(/^-?(\d+\.\d+|\d+(\.\d+)?e[+-]?\d+)f$/);
      expect(Math.fround(Number.parseFloat(literal))).toBe(value === 0 ? 0 : Math.fround(value));
    },
  );

  it('refuses what WGSL cannot spell', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e39])
      expect(() => f32Literal(value)).toThrow('no constant');
  });
});
