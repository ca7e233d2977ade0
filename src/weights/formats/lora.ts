import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { shown } from './header-json.ts';

/** The fields of PEFT's adapter_config.json that merging needs. */
export interface LoraConfig {
  /** Name of the base model; undefined when the file does not give one. */
  baseModel: string | undefined;
  rank: number;
  alpha: number;
  /** Scale by the square root of the rank (rsLoRA) instead of the rank. */
  rankStabilized: boolean;
  /** Ranks differ from matrix to matrix. */
  rankPattern: boolean;
}

/** The update of one base matrix: scale · B A is added. */
export interface LoraUpdate {
  /** [rank, in] */
  a: TensorInfo;
  /** [out, rank] */
  b: TensorInfo;
  scale: number;
}

/** Reads adapter_config.json. Throws `unsupported-format`, naming the key, for anything but plain LoRA. */
export function parseLoraConfig(raw: unknown): LoraConfig {
  const config = (typeof raw === 'object' && raw !== null ? raw : {}) as Record<string, unknown>;
  if (config.peft_type !== 'LORA')
    throw refuse(`peft_type is ${show(config.peft_type)}`, 'only LORA is merged');
  for (const key of ['use_dora', 'modules_to_save', 'alpha_pattern', 'layer_replication'] as const)
    if (isSet(config[key])) throw refuse(`${key} is ${show(config[key])}`, 'only plain LoRA is merged');
  if (isSet(config.bias) && config.bias !== 'none')
    throw refuse(`bias is ${show(config.bias)}`, 'adapters that change biases are not merged');
  const number = (key: string) => {
    const value = config[key] ?? 8;
    if (typeof value === 'number' && value > 0 && value <= 65_536) return value;
    throw refuse(`${key} is ${show(value)}`, 'it must be a number above 0');
  };
  const base = config.base_model_name_or_path;
  return {
    baseModel: typeof base === 'string' && base ? base : undefined,
    rank: number('r'),
    alpha: number('lora_alpha'),
    rankStabilized: config.use_rslora === true,
    rankPattern: isSet(config.rank_pattern),
  };
}

const keyPattern =
  /^(?:base_model\.model\.)?(?:transformer\.)?(h\.\d+\.(?:attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj))\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Which matrices of the base an adapter changes, by their names in the base. Throws `unsupported-format` for tensors
 * that are no plain LoRA of a block's matrix, `tensor-missing` and `tensor-shape` where the two do not fit.
 */
export function planLora(
  config: LoraConfig,
  adapter: ReadonlyMap<string, TensorInfo>,
  base: ReadonlyMap<string, TensorInfo>,
): Map<string, LoraUpdate> {
  const pairs = new Map<string, { a?: TensorInfo; b?: TensorInfo }>();
  for (const [name, tensor] of adapter) {
    const [, target = '', side] = keyPattern.exec(name) ?? [];
    if (!target) throw refuse(`it holds ${shown(name)}`, "only matrices of GPT-2's blocks are merged");
    const pair = pairs.get(target) ?? {};
    pair[side === 'A' ? 'a' : 'b'] = tensor;
    pairs.set(target, pair);
  }
  const plan = new Map<string, LoraUpdate>();
  for (const [target, { a, b }] of pairs) {
    const matrix = base.get(`transformer.${target}.weight`) ?? base.get(`${target}.weight`);
    if (!matrix)
      throw new VitrineError(
        'tensor-missing',
        `The adapter changes ${target}, which the base does not have; it has ${[...base.keys()].slice(0, 4).join(', ')}, … Use the base that the adapter was trained over.`,
      );
    if (!a || !b)
      throw refuse(
        `${target} has only lora_${a ? 'A' : 'B'}`,
        'the other half is missing: download it again',
      );
    plan.set(matrix.name, { a, b, scale: scaleOf(config, target, a, b, matrix) });
  }
  if (plan.size === 0) throw refuse('it holds no tensors', 'download it again');
  return plan;
}

function scaleOf(
  config: LoraConfig,
  target: string,
  a: TensorInfo,
  b: TensorInfo,
  matrix: TensorInfo,
): number {
  const [rank = 0, inputs] = a.shape;
  const fits =
    a.shape.length === 2 &&
    b.shape.length === 2 &&
    rank > 0 &&
    rank === b.shape[1] &&
    inputs === matrix.shape[0] &&
    b.shape[0] === matrix.shape[1] &&
    (config.rankPattern || rank === config.rank);
  if (!fits)
    throw new VitrineError(
      'tensor-shape',
      `The adapter's lora_A [${a.shape}] and lora_B [${b.shape}] of ${target} do not fit rank ${config.rank} and the base's matrix [${matrix.shape}]. Use the base that the adapter was trained over.`,
    );
  return config.alpha / (config.rankStabilized ? Math.sqrt(rank) : rank);
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function show(value: unknown): string {
  return shown(JSON.stringify(value) ?? 'missing');
}

function refuse(what: string, why: string): VitrineError {
  return new VitrineError(
    'unsupported-format',
    `The adapter cannot be merged: ${what}; ${why}. Merge it with merge_and_unload and save the whole model.`,
  );
}
