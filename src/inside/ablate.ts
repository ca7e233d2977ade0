import type { Edit } from '../model/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { measureOf } from './measure.ts';
import { checkKeys } from './run.ts';
import type { Ablation, IdMeasureOptions } from './types.ts';

const names: Record<keyof IdMeasureOptions, true> = { target: true, foil: true };

/**
 * The text once for each head, attention and MLP, with that one switched off at every position. All of these runs go
 * through side by side.
 * @throws VitrineError `invalid-argument` naming the option
 */
export async function ablateIds(
  runtime: Runtime,
  ids: number[],
  options: IdMeasureOptions,
): Promise<Ablation> {
  checkKeys('ablate', options, names);
  const measure = measureOf(runtime.config, options);
  const { nLayer, nHead } = runtime.config;
  const layers = Array.from({ length: nLayer }, (_, layer) => `blocks.${layer}.`);
  const edits = layers.flatMap((block): Edit[] => [
    ...Array.from({ length: nHead }, (_, head): Edit => ({ site: `${block}attn.hook_z`, op: 'zero', head })),
    { site: `${block}hook_attn_out`, op: 'zero' },
    { site: `${block}hook_mlp_out`, op: 'zero' },
  ]);
  const runs = [[], ...edits.map((edit) => [edit])].map((own) => ({ ids, edits: own }));
  const results = await runtime.run({ runs, capture: [], logits: measure.ids });
  const [untouched = Number.NaN, ...values] = results.map(({ logits }) => measure.of(logits));
  const rows = layers.map((_, layer) => values.slice(layer * (nHead + 2), (layer + 1) * (nHead + 2)));
  return {
    untouched,
    heads: rows.map((row) => row.slice(0, nHead)),
    attention: rows.map((row) => row[nHead] as number),
    mlp: rows.map((row) => row[nHead + 1] as number),
  };
}
