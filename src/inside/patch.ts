import { VitrineError } from '../lib/index.ts';
import type { Edit, GPT2Config } from '../model/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { measureOf } from './measure.ts';
import { checkKeys } from './run.ts';
import type { IdPatchOptions, PatchGrid, PatchSites } from './types.ts';

const names: Record<keyof IdPatchOptions, true> = {
  clean: true,
  corrupted: true,
  sites: true,
  target: true,
  foil: true,
};

const siteNames: Record<PatchSites, string> = {
  resid_pre: 'hook_resid_pre',
  attn_out: 'hook_attn_out',
  mlp_out: 'hook_mlp_out',
  heads: 'attn.hook_z',
};

/**
 * Activation patching: the corrupted text once for each cell of a grid, with one site set to its value in the clean text.
 * All of these runs go through side by side, as rows that share each read of the weights.
 * @throws VitrineError `invalid-argument` naming the option
 */
export async function patchIds(runtime: Runtime, options: IdPatchOptions): Promise<PatchGrid> {
  const { config } = runtime;
  checkKeys('patch', options, names);
  const { clean, corrupted, sites } = options;
  if (!Object.hasOwn(siteNames, sites))
    throw new VitrineError(
      'invalid-argument',
      `sites is '${sites}'; use ${Object.keys(siteNames).join(', ')}.`,
    );
  if (clean.length !== corrupted.length)
    throw new VitrineError(
      'invalid-argument',
      `clean has ${clean.length} tokens and corrupted ${corrupted.length}. Patching aligns them token by token: make them equally long.`,
    );
  const measure = measureOf(config, options);
  const layers = Array.from({ length: config.nLayer }, (_, layer) => `blocks.${layer}.${siteNames[sites]}`);
  const [source] = await runtime.run({
    runs: [{ ids: clean, edits: [] }],
    capture: layers,
    logits: measure.ids,
  });
  if (!source) throw new Error('Internal error: a run without a result');
  const rows = layers.map((site) =>
    cellEdits(site, sites, source.captured[site]?.data ?? new Float32Array(), clean.length, config),
  );
  const runs = [[], ...rows.flat()].map((edits) => ({ ids: corrupted, edits }));
  const results = await runtime.run({ runs, capture: [], logits: measure.ids });
  const [untouched = Number.NaN, ...values] = results.map(({ logits }) => measure.of(logits));
  const width = rows[0]?.length ?? 0;
  return {
    values: layers.map((_, layer) => values.slice(layer * width, (layer + 1) * width)),
    clean: measure.of(source.logits),
    corrupted: untouched,
  };
}

/** The edits of each cell of a layer: a position of the stream, or a head at every position. */
function cellEdits(
  site: string,
  sites: PatchSites,
  data: Float32Array,
  length: number,
  { nEmbd, nHead }: GPT2Config,
): Edit[][] {
  const positions = Array.from({ length }, (_, position) => position);
  const row = (position: number) => data.subarray(position * nEmbd, (position + 1) * nEmbd);
  if (sites !== 'heads')
    return positions.map((position) => [{ site, op: 'set', value: row(position), positions: [position] }]);
  const size = nEmbd / nHead;
  return Array.from({ length: nHead }, (_, head) => {
    const value = positions.map((position) => row(position).subarray(head * size, (head + 1) * size));
    return [{ site, op: 'set', head, value, positions }];
  });
}
