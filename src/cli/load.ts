import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type LoadOptions, loadHere, type Model, type ModelSource } from '../engine/index.ts';
import { isSoftware, platformGpu } from '../gpu/index.ts';
import { formatProgress, VitrineError } from '../lib/index.ts';
import { openFolder, provideWebGPU } from '../node/index.ts';
import { type Flags, loadOptions } from './flags.ts';

/** Where the commands run, so that tests can give their own. */
export interface Environment {
  /** Folder that holds the bundled models. */
  bundled: string;
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown; isTTY?: boolean };
  /** For gated repositories: `HF_TOKEN`. */
  token?: string;
}

export interface Loaded {
  model: Model;
  /** What people call it: a folder's name, or the id. */
  name: string;
}

/**
 * Loads a model from a folder, a hub id, a URL or the bundled ones, with progress on stderr.
 * @throws VitrineError as `loadModel`
 */
export async function loadForCommand(what: string, flags: Flags, environment: Environment): Promise<Loaded> {
  const { source, name } = await sourceOf(what, flags, environment.bundled);
  const asked = loadOptions(flags);
  const options = { ...asked, backend: asked.backend ?? (await findBackend(environment)) };
  if (asked.backend === 'gpu') await provideWebGPU();
  const bar = progressBar(environment.stderr);
  try {
    const { model } = await loadHere(source, { ...options, token: environment.token, onProgress: bar.show });
    return { model, name };
  } finally {
    bar.end();
  }
}

async function sourceOf(
  what: string,
  { revision }: Flags,
  bundled: string,
): Promise<{ source: ModelSource; name: string }> {
  const isFolder = await folderExists(what);
  const isBundled = !isFolder && /^[\w-]+$/.test(what) && (await folderExists(join(bundled, what)));
  const isPath = isFolder || /^[./~]/.test(what);
  if (revision !== undefined && (isPath || isBundled || /^https?:/.test(what) || what.includes('@')))
    throw new VitrineError(
      'invalid-argument',
      `--revision goes with a hub id such as owner/name, not with ${what}.`,
    );
  if (isBundled) return { source: await openFolder(join(bundled, what)), name: what };
  if (isPath) return { source: await openFolder(what), name: basename(resolve(what)) };
  return { source: revision === undefined ? what : `${what}@${revision}`, name: what };
}

const folderExists = (path: string) =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

/**
 * A graphics card by Dawn, where the package webgpu is installed; else the CPU, and says so. The engine for the CPU is many
 * times as fast as a software adapter.
 */
async function findBackend({ stderr }: Environment): Promise<'gpu' | 'cpu'> {
  const onCpu = (why: string) => {
    stderr.write(`${why}: the model runs on the CPU.\n`);
    return 'cpu' as const;
  };
  try {
    await provideWebGPU();
  } catch {
    return onCpu('The package webgpu is not installed');
  }
  const adapter = await platformGpu()?.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return onCpu('There is no graphics adapter');
  const { info } = adapter;
  if (isSoftware(info)) return onCpu(`There is a software adapter only (${info.description || info.device})`);
  return 'gpu';
}

const barWidth = 24;
const clearLine = '\r\u001b[K';

/** A bar on a terminal; elsewhere only notices are written. */
function progressBar(stderr: Environment['stderr']) {
  const notices = new Set<string>();
  const show: LoadOptions['onProgress'] = (progress) => {
    const { phase, loadedBytes, totalBytes, notice } = progress;
    if (notice !== undefined && !notices.has(notice)) {
      notices.add(notice);
      stderr.write(`${stderr.isTTY ? clearLine : ''}${notice}\n`);
    }
    if (!stderr.isTTY) return;
    const done = totalBytes > 0 ? Math.round((loadedBytes / totalBytes) * barWidth) : 0;
    const bar = '█'.repeat(done) + '░'.repeat(barWidth - done);
    stderr.write(`${clearLine}${bar} ${phase} ${totalBytes > 0 ? formatProgress(progress) : ''}`);
  };
  return { show, end: () => void (stderr.isTTY && stderr.write(clearLine)) };
}
