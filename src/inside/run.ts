import { formatBytes, VitrineError } from '../lib/index.ts';
import {
  checkEdits,
  type Edit,
  type GPT2Config,
  gpt2,
  recordGraph,
  sitesOf,
  widthOf,
} from '../model/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Run, RunOptions } from './types.ts';

/** Bytes that one call may capture. */
const mostCaptured = 2 ** 30;
const names: Record<keyof RunOptions, true> = { capture: true, edits: true, logits: true };

/**
 * Runs a text with sites captured and edited.
 * @throws VitrineError `invalid-argument` naming the option, site or edit; `out-of-memory` with the bytes a capture needs
 */
export async function runIds(runtime: Runtime, ids: number[], options: RunOptions): Promise<Run> {
  const { capture, edits, logits } = resolveRunOptions(runtime.config, ids.length, options);
  const [run] = await runtime.run({ runs: [{ ids, edits }], capture, logits });
  return { ids, ...(run as NonNullable<typeof run>) };
}

function resolveRunOptions(config: GPT2Config, length: number, options: RunOptions) {
  checkKeys('run', options, names);
  const { capture = [], edits = [], logits = 'last' } = options ?? {};
  if (logits !== 'last' && logits !== 'all')
    throw new VitrineError('invalid-argument', `logits is '${logits}'; use 'last' or 'all'.`);
  if (!Array.isArray(capture) || capture.some((site) => typeof site !== 'string'))
    throw new VitrineError('invalid-argument', '`capture` must be a list of site names.');
  const pass = gpt2(config);
  checkEdits(pass, edits);
  recordGraph(pass, { capture: new Set(capture) });
  checkMemory(config, length, capture, logits);
  return { capture: [...new Set(capture)], edits: edits as readonly Edit[], logits } as const;
}

/** Bytes of one site's values over a text of `length` tokens. */
export function siteBytes(config: GPT2Config, length: number): (site: string) => number {
  const sites = sitesOf(gpt2(config));
  return (site) => {
    const found = sites.get(site);
    if (!found) return 0;
    return 4 * length * widthOf(found.shape) * (found.pattern ? length : 1);
  };
}

function checkMemory(config: GPT2Config, length: number, capture: readonly string[], logits: string): void {
  const bytesOf = siteBytes(config, length);
  const rows = logits === 'all' ? length : 1;
  const bytes = capture.reduce((sum, site) => sum + bytesOf(site), 4 * rows * config.vocabSize);
  if (bytes <= mostCaptured) return;
  throw new VitrineError(
    'out-of-memory',
    `Capturing ${capture.length} sites of ${length} tokens takes ${formatBytes(bytes)}; one run returns up to ${formatBytes(mostCaptured)}. Capture fewer sites at a time, or shorten the text.`,
  );
}

/** @throws VitrineError `invalid-argument` naming a key that is not known */
export function checkKeys(call: string, options: object, known: Readonly<Record<string, true>>): void {
  const unknown = Object.keys(options ?? {}).find((name) => !Object.hasOwn(known, name));
  if (unknown === undefined) return;
  const all = Object.keys(known).join(', ');
  throw new VitrineError('invalid-argument', `${call} has no option ${unknown}. Options are ${all}.`);
}
