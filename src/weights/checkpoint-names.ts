import { VitrineError } from '../lib/index.ts';
import { shown } from './formats/header-json.ts';
import type { TensorInfo } from './types.ts';

/** Tensors under their transformers names, with notices about the changes made. */
export interface NamedTensors {
  tensors: Map<string, TensorInfo>;
  /** What a wrapper put before the names, such as `module.`; undefined where nothing was. */
  strippedPrefix: string | undefined;
  notices: string[];
}

const baseName = /^(.*?)(?:wte|wpe|ln_f|h\.\d+)\./;
/** Prefix that torch.compile adds to all names, or to those of a separately compiled submodule. */
const compiled = /(^|\.)_orig_mod\./g;

/**
 * Strips prefixes added by wrappers (torch.compile, DataParallel, Opacus, Lightning): any prefix common to
 * all tensors of the model. Throws `unsupported-format` when two tensors would have one name.
 */
export function stripWrapperPrefix(given: ReadonlyMap<string, TensorInfo>): NamedTensors {
  const names = [...given.keys()];
  const isCompiled = names.some((name) => name.search(compiled) >= 0);
  const bare = (name: string) => (isCompiled ? name.replace(compiled, '$1') : name);
  const prefix = commonPrefix(names.map(bare));
  const seen = `${isCompiled ? '_orig_mod.' : ''}${prefix}`;
  if (!seen) return { tensors: new Map(given), strippedPrefix: undefined, notices: [] };
  const tensors = new Map<string, TensorInfo>();
  for (const [old, tensor] of given) {
    const whole = bare(old);
    const name = whole.startsWith(prefix) ? whole.slice(prefix.length) : whole;
    if (tensors.has(name))
      throw new VitrineError(
        'unsupported-format',
        `Two tensors are called ${shown(name)} once the prefix ${shown(seen)} is stripped. Save one model alone.`,
      );
    tensors.set(name, { ...tensor, name });
  }
  return {
    tensors,
    strippedPrefix: seen,
    notices: [`The names begin with ${shown(seen)}, which was stripped.`],
  };
}

/** Common prefix before `transformer.`; empty when prefixes differ, since the file may hold two models. */
function commonPrefix(names: readonly string[]): string {
  const found = new Set<string>();
  for (const name of names) {
    const before = baseName.exec(name)?.[1];
    if (before !== undefined) found.add(before.replace(/(^|\.)transformer\.$/, '$1'));
    if (found.size > 1) return '';
  }
  return [...found][0] ?? '';
}

/** Masks of old checkpoints end in `.bias` too: `h.3.attn.bias`. */
const maskName = /(^|\.)attn\.bias$/;
const biased =
  /^(?:transformer\.)?(?:h\.\d+\.(?:ln_1|ln_2|attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj)|ln_f)\.weight$/;

/** Adds zero biases to a model trained without any. A model that lacks only some is not changed. */
export function addMissingBiases(named: NamedTensors): NamedTensors {
  const { tensors, notices } = named;
  const names = [...tensors.keys()];
  if (names.some((name) => name.endsWith('.bias') && !maskName.test(name))) return named;
  const without = names.filter((name) => biased.test(name));
  if (without.length === 0) return named;
  const added = new Map(tensors);
  for (const weight of without) {
    const name = weight.replace(/weight$/, 'bias');
    added.set(name, zeros(name, (tensors.get(weight)?.shape ?? []).slice(-1)));
  }
  return {
    ...named,
    tensors: added,
    notices: [...notices, 'The model has no biases; zeros stand in for them.'],
  };
}

function zeros(name: string, shape: readonly number[]): TensorInfo {
  return { name, dtype: 'F32', shape, file: '', begin: 0, end: 0 };
}

/** Tensors that no file stores; they are filled with zeros. */
export function isZeros(tensor: TensorInfo): boolean {
  return tensor.file === '';
}

/** Drops an output head that shares the embedding's storage, unless the config says they are untied. */
export function dropSharedHead(named: NamedTensors, config: unknown): NamedTensors {
  const head = named.tensors.get('lm_head.weight');
  const wte = named.tensors.get('transformer.wte.weight') ?? named.tensors.get('wte.weight');
  const untied = (config as { tie_word_embeddings?: unknown } | null)?.tie_word_embeddings === false;
  if (!head || !wte || untied || !sameValues(head, wte)) return named;
  const tensors = new Map(named.tensors);
  tensors.delete('lm_head.weight');
  return { ...named, tensors };
}

function sameValues(a: TensorInfo, b: TensorInfo): boolean {
  const facts = ({ dtype, shape, file, begin, end, transposed, stored }: TensorInfo) =>
    JSON.stringify([dtype, shape, file, begin, end, transposed ?? false, stored ?? null]);
  return facts(a) === facts(b);
}
