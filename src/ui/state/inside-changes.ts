import type { Edit, Model, PatchGrid } from '../../engine/index.ts';
import { VitrineError } from '../../lib/index.ts';
import type { Changes, Part, Steering } from './model-changes.ts';

type Runner = Pick<Model, 'run'>;

export const samePart = (a: Part, b: Part): boolean => a.layer === b.layer && a.part === b.part;

/** The name of a part: 5.1 is head 1 of layer 5, both counted from 0 as sites are. */
export function partName({ layer, part }: Part): string {
  return `${layer}.${part}`;
}

/** Reads what `partName` wrote; null for anything else. */
export function readPart(text: string): Part | null {
  const match = /^(\d{1,3})\.(\d{1,3}|attn|mlp)$/.exec(text);
  if (!match) return null;
  const [, layer, part = ''] = match;
  return { layer: Number(layer), part: part === 'attn' || part === 'mlp' ? part : Number(part) };
}

/** The edit that switches a part off at every position. */
export function offEdit({ layer, part }: Part): Edit {
  const block = `blocks.${layer}.`;
  if (part === 'attn') return { site: `${block}hook_attn_out`, op: 'zero' };
  if (part === 'mlp') return { site: `${block}hook_mlp_out`, op: 'zero' };
  return { site: `${block}attn.hook_z`, op: 'zero', head: part };
}

/** Whether anything is changed at all. */
export function changesAnything({ off, steering }: Changes): boolean {
  return off.length > 0 || isSteering(steering);
}

function isSteering(steering: Steering | null): steering is Steering {
  return steering !== null && steering.strength !== 0 && steering.plus !== '' && steering.minus !== '';
}

export const streamSite = (layer: number): string => `blocks.${layer}.hook_resid_post`;

/** The mean of a text's stream after a layer, [C]. The first position is left out: most models rest there. */
async function meanStream(model: Runner, text: string, layer: number): Promise<Float32Array> {
  const site = streamSite(layer);
  const { captured } = await model.run(text, { capture: [site] });
  const { shape = [], data = new Float32Array() } = captured[site] ?? {};
  const [length = 0, width = 0] = shape;
  const first = length > 1 ? 1 : 0;
  const mean = new Float32Array(width);
  for (let t = first; t < length; t++)
    for (let i = 0; i < width; i++)
      mean[i] = (mean[i] as number) + (data[t * width + i] as number) / (length - first);
  return mean;
}

/**
 * The direction from one text to another, [C]: the difference of their mean streams after a layer.
 * @throws VitrineError `invalid-argument` where the model has no such layer, or the texts give no direction
 */
export async function directionOf(
  model: Runner,
  { plus, minus, layer }: Pick<Steering, 'plus' | 'minus' | 'layer'>,
): Promise<Float32Array> {
  const from = await meanStream(model, minus, layer);
  const to = await meanStream(model, plus, layer);
  const direction = to.map((value, i) => value - (from[i] as number));
  if (direction.every((value) => value === 0))
    throw new VitrineError('invalid-argument', 'Both texts give the same stream. Make them differ.');
  return direction;
}

/** The changes as edits of a run or a generation. */
export async function editsOf(model: Runner, { off, steering }: Changes): Promise<Edit[]> {
  const edits = off.map(offEdit);
  if (!isSteering(steering)) return edits;
  const direction = await directionOf(model, steering);
  const value = direction.map((each) => each * steering.strength);
  return [...edits, { site: streamSite(steering.layer), op: 'add', value }];
}

/** How much of the clean text's answer a cell of a patch grid brings back: 0 nothing, 1 all of it. */
export function recovered({ values, clean, corrupted }: PatchGrid, row: number, column: number): number {
  const span = clean - corrupted;
  const value = values[row]?.[column] ?? corrupted;
  return span === 0 ? 0 : (value - corrupted) / span;
}
