import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findProgram, hasLibrary, onPath } from './programs.ts';

let folder: string;

function program(name: string, text = '#!/bin/sh\n'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vitrine-programs-'));
  vi.stubEnv('PATH', folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

describe('programs of the machine', () => {
  it('are found on the path, in the order of the names', () => {
    expect(onPath('firefox')).toBeUndefined();
    const firefox = program('firefox');
    expect(findProgram('FIREFOX_PATH', ['firefox-esr', 'firefox'])).toBe(firefox);
    const esr = program('firefox-esr');
    expect(findProgram('FIREFOX_PATH', ['firefox-esr', 'firefox'])).toBe(esr);
  });

  it('are found at fixed paths when the path has none', () => {
    const elsewhere = program('elsewhere');
    expect(findProgram('FIREFOX_PATH', ['firefox'], ['/nowhere', elsewhere])).toBe(elsewhere);
    expect(findProgram('FIREFOX_PATH', ['firefox'], ['/nowhere'])).toBeUndefined();
  });

  it('are the ones an environment variable names, and a wrong name is an error', () => {
    program('firefox');
    const own = program('own');
    vi.stubEnv('FIREFOX_PATH', own);
    expect(findProgram('FIREFOX_PATH', ['firefox'])).toBe(own);
    vi.stubEnv('FIREFOX_PATH', '/nowhere/firefox');
    expect(() => findProgram('FIREFOX_PATH', ['firefox'])).toThrow('/nowhere/firefox');
  });

  it('include libraries by the full name that the loader lists', () => {
    const list = '#!/bin/sh\necho "\tlibvulkan.so.1 (libc6,x86-64) => /lib/libvulkan.so.1"\n';
    vi.stubEnv('LDCONFIG_PATH', program('ldconfig', list));
    expect(hasLibrary('libvulkan.so.1')).toBe(true);
    expect(hasLibrary('libvulkan.so')).toBe(false);
    expect(hasLibrary('libgl.so.1')).toBe(false);
  });
});
