import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Absolute path of a program on $PATH. */
export function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/**
 * Path of a program: the one that an environment variable names, else the first that exists.
 * @param variable environment variable that overrides the search
 * @param names programs to look for on $PATH, in this order
 * @param paths absolute paths to look at after that
 * @throws if the variable names a file that does not exist
 */
export function findProgram(variable: string, names: string[], paths: string[] = []): string | undefined {
  const named = process.env[variable];
  if (named) {
    if (!existsSync(named)) throw new Error(`${variable} names ${named}, which does not exist.`);
    return named;
  }
  for (const name of names) {
    const path = onPath(name);
    if (path) return path;
  }
  return paths.find((path) => existsSync(path));
}

/** Whether the dynamic loader of Linux knows a shared library, such as `libvulkan.so.1`. */
export function hasLibrary(name: string): boolean {
  const ldconfig = findProgram('LDCONFIG_PATH', ['ldconfig'], ['/sbin/ldconfig', '/usr/sbin/ldconfig']);
  if (!ldconfig) return false;
  const { stdout } = spawnSync(ldconfig, ['-p'], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').some((line) => line.trim().startsWith(`${name} `));
}
