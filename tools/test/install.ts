import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { onPath } from '../programs.ts';
import { chromium, missingOf, type Requirement } from './requirements.ts';

/** A command that installs something; false when it could not. */
type Execute = (command: string, args: string[]) => boolean;

export interface Machine {
  debian: boolean;
  root: boolean;
  /** CI machines let their user become root without a password; a person is not made root unasked. */
  sudo: boolean;
  /** False when $VITRINE_INSTALL is 0: nothing is installed. */
  mayInstall: boolean;
}

export function thisMachine(): Machine {
  return {
    debian: existsSync('/etc/debian_version') && onPath('apt-get') !== undefined,
    root: process.getuid?.() === 0,
    sudo: Boolean(process.env.CI) && onPath('sudo') !== undefined,
    mayInstall: process.env.VITRINE_INSTALL !== '0',
  };
}

export function execute(command: string, args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env }).status === 0;
}

function aptInstall(packages: string[], machine: Machine, run: Execute): void {
  const asRoot: Execute = (command, args) =>
    machine.root ? run(command, args) : run('sudo', ['-n', '-E', command, ...args]);
  console.log(`Installing with apt-get: ${packages.join(' ')}`);
  // An old list of packages may still do, so a failed update does not end it.
  asRoot('apt-get', ['update', '-qq']);
  const install = (names: string[]) =>
    asRoot('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names]);
  if (install(packages) || packages.length === 1) return;
  // One package that the distribution lacks fails all: try each by itself.
  for (const name of packages) install([name]);
}

/**
 * Installs what is missing, if this user may: with apt-get on Debian, Chromium with Playwright elsewhere.
 * What is installed is said; what cannot be installed is left missing, and the steps that need it are skipped.
 */
export async function installMissing(
  needs: readonly Requirement[],
  machine: Machine = thisMachine(),
  run: Execute = execute,
): Promise<void> {
  const missing = await missingOf(needs);
  if (missing.length === 0 || !machine.mayInstall) return;
  if (machine.debian && (machine.root || machine.sudo)) {
    aptInstall([...new Set(missing.flatMap(({ packages }) => packages))], machine, run);
  } else if (missing.includes(chromium)) {
    console.log('Installing Chromium with Playwright.');
    run('npx', ['playwright', 'install', 'chromium']);
  }
}
