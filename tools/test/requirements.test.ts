import { describe, expect, it, vi } from 'vitest';
import { execute, installMissing, type Machine } from './install.ts';
import { chromium, missingOf, type Requirement, reasonOf } from './requirements.ts';

const bare: Machine = { debian: true, root: true, sudo: false, mayInstall: true };

/** A machine that has some programs, and the commands that were run on it. */
function pretend(installed: string[] = []) {
  const commands: string[] = [];
  const need = (name: string, ...packages: string[]): Requirement => ({
    name,
    packages,
    elsewhere: `install ${name}`,
    present: () => packages.every((each) => installed.includes(each)),
  });
  const run = (command: string, args: string[]) => {
    commands.push([command, ...args].join(' '));
    return true;
  };
  return { commands, need, run };
}

describe('what a step needs', () => {
  it('is missing by name, each once, with what to do', async () => {
    const { need } = pretend(['here']);
    const [here, loader, fox] = [
      need('A', 'here'),
      need('the loader', 'libvulkan1'),
      need('Firefox', 'firefox-esr'),
    ];
    const missing = await missingOf([here, loader, fox, loader]);
    expect(missing).toEqual([loader, fox]);
    expect(reasonOf(missing, true)).toBe(
      'the loader and Firefox are missing; apt-get install libvulkan1 firefox-esr',
    );
    expect(reasonOf([fox], false)).toBe('Firefox is missing; install Firefox');
  });
});

describe('installing', () => {
  it('runs apt-get once for all that is missing, as root', async () => {
    const { commands, need, run } = pretend(['here']);
    await installMissing([need('A', 'here'), need('B', 'b', 'c'), need('C', 'c')], bare, run);
    expect(commands).toEqual(['apt-get update -qq', 'apt-get install -y -qq --no-install-recommends b c']);
  });

  it('tries each package by itself when all together fail', async () => {
    const { commands, need, run } = pretend();
    const failing = (command: string, args: string[]) => run(command, args) && args.length < 6;
    await installMissing([need('B', 'b'), need('C', 'c')], bare, failing);
    expect(commands.slice(2)).toEqual([
      'apt-get install -y -qq --no-install-recommends b',
      'apt-get install -y -qq --no-install-recommends c',
    ]);
  });

  it('becomes root by sudo only where that was allowed', async () => {
    const { commands, need, run } = pretend();
    await installMissing([need('B', 'b')], { ...bare, root: false }, run);
    expect(commands).toEqual([]);
    await installMissing([need('B', 'b')], { ...bare, root: false, sudo: true }, run);
    expect(commands[1]).toBe('sudo -n -E apt-get install -y -qq --no-install-recommends b');
  });

  it('does nothing when nothing is missing or nothing may be installed', async () => {
    const { commands, need, run } = pretend(['here']);
    await installMissing([need('A', 'here')], bare, run);
    await installMissing([need('B', 'b')], { ...bare, mayInstall: false }, run);
    expect(commands).toEqual([]);
  });

  it('fetches Chromium, and only Chromium, with Playwright off Debian', async () => {
    const { commands, need, run } = pretend();
    const elsewhere = { ...bare, debian: false };
    await installMissing([need('Firefox', 'firefox-esr')], elsewhere, run);
    expect(commands).toEqual([]);
    const present = vi.spyOn(chromium, 'present').mockReturnValue(false);
    await installMissing([chromium], elsewhere, run);
    present.mockRestore();
    expect(commands).toEqual(['npx playwright install chromium']);
  });

  it('says whether a command succeeded', () => {
    expect(execute(process.execPath, ['-e', ''])).toBe(true);
    expect(execute(process.execPath, ['-e', 'process.exit(3)'])).toBe(false);
    expect(execute('no-such-command', [])).toBe(false);
  });
});
