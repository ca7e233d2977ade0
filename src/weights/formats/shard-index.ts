import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { JsonFault, type JsonValue, parseStrictJson, shown } from './header-json.ts';

/** Which shard holds which tensor. */
export interface ShardIndex {
  /** Each once, in the order the index first names them. */
  shards: string[];
  /** Tensor to shard. */
  weightMap: ReadonlyMap<string, string>;
}

const limits = { depth: 32, values: 1_000_000 };
export const maxShards = 1000;
/** A plain file name: no folder, no scheme, no query, nothing a server or a disk could read otherwise. */
const shardName = /^[A-Za-z0-9_][\w.-]{0,199}\.(safetensors|bin)$/;

/**
 * Reads `model.safetensors.index.json` or `pytorch_model.bin.index.json`. Throws `safetensors-invalid` for what is no index, and for names that could
 * lead out of the folder.
 */
export function parseShardIndex(text: string, file: string): ShardIndex {
  let root: JsonValue;
  try {
    root = parseStrictJson(text, limits);
  } catch (cause) {
    throw invalid(
      file,
      `it cannot be read: ${cause instanceof JsonFault ? cause.message : 'no text'}`,
      cause,
    );
  }
  const map = root instanceof Map ? root.get('weight_map') : undefined;
  if (!(map instanceof Map)) throw invalid(file, 'it has no weight_map');
  if (map.size === 0) throw invalid(file, 'its weight_map is empty');
  const ending = file.endsWith('.bin.index.json') ? 'bin' : 'safetensors';
  const weightMap = new Map<string, string>();
  for (const [tensor, shard] of map) {
    if (typeof shard !== 'string' || shardName.exec(shard)?.[1] !== ending || shard.includes('..'))
      throw invalid(
        file,
        `it puts ${shown(tensor)} into ${typeof shard === 'string' ? shown(shard) : 'something'}, which is not the name of a ${ending} file in the same folder`,
      );
    weightMap.set(tensor, shard);
  }
  const shards = [...new Set(weightMap.values())];
  if (shards.length > maxShards)
    throw invalid(file, `it names ${shards.length} shards, the limit is ${maxShards}`);
  return { shards, weightMap };
}

/** Every tensor of the index must be in the shard it is said to be in; throws `safetensors-invalid`. */
export function checkShardIndex(
  { weightMap }: ShardIndex,
  tensors: ReadonlyMap<string, TensorInfo>,
  file: string,
): void {
  for (const [name, shard] of weightMap) {
    const found = tensors.get(name);
    // Saved with tied weights, a head may be in the index and in no shard.
    if (!found && name.endsWith('lm_head.weight')) continue;
    if (!found) throw invalid(file, `it puts ${shown(name)} into ${shard}, which does not have it`);
    if (found.file !== shard)
      throw invalid(file, `it puts ${shown(name)} into ${shard}, but ${found.file} has it`);
  }
}

function invalid(file: string, reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'safetensors-invalid',
    `${file} is no valid index of shards: ${reason}. Download it again, or use another copy of the model.`,
    { cause },
  );
}
