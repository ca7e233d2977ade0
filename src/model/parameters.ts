import { VitrineError } from '../lib/index.ts';
import type { TensorInfo } from '../weights/index.ts';
import type { GPT2Config } from './config.ts';

/** How the numbers of a tensor lie: y = xW is in-out (Conv1D), y = xWᵀ is out-in (Linear), a table is rows. */
export type Orientation = 'in-out' | 'out-in' | 'vector' | 'rows';

/** A tensor of the checkpoint and what it is in the model. */
export interface Parameter {
  /** Name without prefix and layer: `wte`, `wpe`, `ln_f.weight`, `lm_head`, `attn.c_attn.weight`, … */
  role: string;
  /** undefined outside the blocks. */
  layer: number | undefined;
  tensor: TensorInfo;
  /** As the bytes come: of a transposed tensor the reverse of its own. */
  shape: readonly number[];
  orientation: Orientation;
}

/** Every tensor the forward pass needs, checked against the config. */
export interface ParameterTable {
  parameters: Parameter[];
  /** True when lm_head is wte; then no parameter has the role `lm_head`. */
  tied: boolean;
  /** True when the config ties the head to wte and both are stored: if their bytes are equal, one will do. */
  maybeTied: boolean;
  /** What was found and is not used, for the user. */
  notices: string[];
}

interface Slot {
  role: string;
  layer: number | undefined;
  name: string;
  shape: readonly number[];
  orientation: Orientation;
}

const prefix = 'transformer.';

/** Causal masks that old checkpoints carry along: `h.3.attn.bias`, but never `h.3.attn.c_attn.bias`. */
const maskName = /^(transformer\.)?h\.\d+\.(attn|crossattention)\.(bias|masked_bias)$/;

/**
 * Finds the checkpoint's tensors for a config: names with or without `transformer.`, shapes, dtypes, the head.
 *
 * @throws VitrineError `tensor-missing`, `tensor-shape`, `unsupported-format`, or `config-mismatch` when the
 *   checkpoint has more layers than the config
 */
export function describeParameters(
  config: GPT2Config,
  tensors: ReadonlyMap<string, TensorInfo>,
): ParameterTable {
  const style = namingStyle(tensors);
  const { slots, tied, maybeTied, notices } = headSlots(config, tensors, style);
  const parameters = slots.map((slot) => find(slot, tensors));
  for (let layer = 0; layer < config.nLayer; layer++) {
    for (const slot of blockSlots(config, layer, style)) parameters.push(find(slot, tensors));
  }
  const used = new Set(parameters.map(({ tensor }) => tensor.name));
  notices.push(...unusedNotices(config, tensors, used));
  return { parameters, tied, maybeTied, notices };
}

/** `transformer.` or nothing; a mix is refused, since it may be two models. */
function namingStyle(tensors: ReadonlyMap<string, TensorInfo>): string {
  const base = /^(wte|wpe|ln_f|h\.\d+)\./;
  let bare: string | undefined;
  let prefixed: string | undefined;
  for (const name of tensors.keys()) {
    if (base.test(name)) bare ??= name;
    else if (name.startsWith(prefix) && base.test(name.slice(prefix.length))) prefixed ??= name;
  }
  if (bare !== undefined && prefixed !== undefined)
    throw new VitrineError(
      'unsupported-format',
      `The checkpoint names tensors both as ${bare} and as ${prefixed}. Save it with one naming style.`,
    );
  return prefixed === undefined ? '' : prefix;
}

/** The tensors outside the blocks. The config and the stored tensors decide which one is the head. */
function headSlots(config: GPT2Config, tensors: ReadonlyMap<string, TensorInfo>, style: string) {
  const { vocabSize: V, nPositions: P, nEmbd: E, tieWordEmbeddings } = config;
  const slot = (role: string, name: string, shape: number[], orientation: Orientation): Slot => ({
    role,
    layer: undefined,
    name,
    shape,
    orientation,
  });
  const head = 'lm_head.weight';
  const wte = `${style}wte.weight`;
  const swapped = tieWordEmbeddings && tensors.has(head) && !tensors.has(wte);
  const tied = tieWordEmbeddings && (swapped || !tensors.has(head));
  const slots = [
    slot('wte', swapped ? head : wte, [V, E], 'rows'),
    slot('wpe', `${style}wpe.weight`, [P, E], 'rows'),
    slot('ln_f.weight', `${style}ln_f.weight`, [E], 'vector'),
    slot('ln_f.bias', `${style}ln_f.bias`, [E], 'vector'),
  ];
  if (!tied) slots.push(slot('lm_head', head, [V, E], 'out-in'));
  const notices = swapped ? [`${wte} is not stored; ${head} serves as both.`] : [];
  return { slots, tied, maybeTied: tieWordEmbeddings && !tied, notices };
}

/** The tensors of one block, in the order of the forward pass. */
function blockSlots(config: GPT2Config, layer: number, style: string): Slot[] {
  const { nEmbd: E, nInner: I } = config;
  const slot = (role: string, shape: number[], orientation: Orientation): Slot => ({
    role,
    layer,
    name: `${style}h.${layer}.${role}`,
    shape,
    orientation,
  });
  const norm = (role: string) => [slot(`${role}.weight`, [E], 'vector'), slot(`${role}.bias`, [E], 'vector')];
  const conv1d = (role: string, inputs: number, outputs: number) => [
    slot(`${role}.weight`, [inputs, outputs], 'in-out'),
    slot(`${role}.bias`, [outputs], 'vector'),
  ];
  return [
    ...norm('ln_1'),
    ...conv1d('attn.c_attn', E, 3 * E),
    ...conv1d('attn.c_proj', E, E),
    ...norm('ln_2'),
    ...conv1d('mlp.c_fc', E, I),
    ...conv1d('mlp.c_proj', I, E),
  ];
}

function find(slot: Slot, tensors: ReadonlyMap<string, TensorInfo>): Parameter {
  const { role, layer, name, shape, orientation } = slot;
  const tensor = tensors.get(name);
  if (!tensor)
    throw new VitrineError(
      'tensor-missing',
      `${name} is not in the checkpoint, and config.json asks for it. It has ${namesSeen(tensors)}. ` +
        'Check that all its files are there and that it is a GPT-2.',
    );
  if (tensor.shape.length !== shape.length || shape.some((size, axis) => size !== tensor.shape[axis]))
    throw new VitrineError(
      'tensor-shape',
      `${name} has shape [${tensor.shape.join(', ')}] in the checkpoint, but config.json implies ` +
        `[${shape.join(', ')}]. Use the config.json that belongs to this checkpoint.`,
    );
  if (tensor.dtype !== 'F32' && tensor.dtype !== 'F16' && tensor.dtype !== 'BF16')
    throw new VitrineError(
      'unsupported-format',
      `${name} is ${tensor.dtype}; weights may be F32, F16 or BF16. Save the model in one of these.`,
    );
  if (!tensor.transposed) return { role, layer, tensor, shape, orientation };
  const flipped = orientation === 'in-out' ? 'out-in' : 'in-out';
  return { role, layer, tensor, shape: [...shape].reverse(), orientation: flipped };
}

/** The first names of a checkpoint, for an error that says which were looked for. */
function namesSeen(tensors: ReadonlyMap<string, TensorInfo>): string {
  const names = [...tensors.keys()]
    .slice(0, 6)
    .map((name) => (name.length > 80 ? `${name.slice(0, 77)}...` : name));
  if (names.length === 0) return 'no tensors at all';
  return tensors.size > names.length
    ? `${names.join(', ')} and ${tensors.size - names.length} more`
    : names.join(', ');
}

/** Tensors that play no part: masks silently, the rest by name. A block too many is a wrong config. */
function unusedNotices(
  config: GPT2Config,
  tensors: ReadonlyMap<string, TensorInfo>,
  used: ReadonlySet<string>,
): string[] {
  const unused = [...tensors.keys()].filter((name) => !used.has(name) && !maskName.test(name));
  for (const name of unused) {
    const layer = /^(?:transformer\.)?h\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined && Number(layer) >= config.nLayer)
      throw new VitrineError(
        'config-mismatch',
        `${name} is in the checkpoint, but n_layer is ${config.nLayer} in config.json. ` +
          'Use the config.json that belongs to this checkpoint.',
      );
  }
  if (unused.length === 0) return [];
  const more = unused.length > 5 ? ` and ${unused.length - 5} more` : '';
  return [`Not used, as GPT-2 has no such tensors: ${unused.slice(0, 5).join(', ')}${more}.`];
}
