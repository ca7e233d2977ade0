import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { shown } from './header-json.ts';
import { Cursor, readTable, TableFault } from './table-file.ts';

/** A GPT-2 checkpoint of OpenAI's 2019 release, converted to config.json fields and tensors. */
export interface TensorflowCheckpoint {
  /** Equivalent of config.json. */
  config: Record<string, unknown>;
  tensors: TensorInfo[];
}

interface Entry {
  dtype: number;
  shape: number[];
  shard: number;
  offset: number;
  bytes: number;
}

/** TensorFlow's DT_FLOAT. */
const float = 1;

/** Data files of one checkpoint; more have not been seen of a GPT-2. */
const maxShards = 1000;

/** One data file, by its name and length. */
interface DataFile {
  file: string;
  fileBytes: number;
}

/** What the names of a checkpoint's files begin with, by its `checkpoint` file: OpenAI's, unless that names another. */
export function prefixOf(checkpoint: string | undefined): string {
  const path = /^model_checkpoint_path:\s*"(.*)"/m.exec(checkpoint ?? '')?.[1] ?? '';
  return /(?:^|[\\/])(\w[\w.-]{0,200})$/.exec(path)?.[1] ?? 'model.ckpt';
}

/** The name of one of `count` data files. */
export function dataFileName(prefix: string, shard: number, count: number): string {
  const five = (value: number) => String(value).padStart(5, '0');
  return `${prefix}.data-${five(shard)}-of-${five(count)}`;
}

/** How many data files an index says there are. @throws VitrineError `unsupported-format` */
export function shardCount(index: Uint8Array, at: string): number {
  return explained(at, () => checkHeader(readTable(index).get('')));
}

/**
 * Reads the tensors' names and offsets from the index, the file `at`, and the config from hparams.json.
 * `data` are the data files, in order.
 * @throws VitrineError `unsupported-format`, `config-unsupported` or `integrity`
 */
export function readTensorflow(
  index: Uint8Array,
  hparams: unknown,
  { at, data }: { at: string; data: readonly DataFile[] },
): TensorflowCheckpoint {
  return explained(at, () => ({ config: configOf(hparams), tensors: tensorsOf(index, data) }));
}

function explained<T>(at: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof TableFault)) throw cause;
    throw new VitrineError(
      'unsupported-format',
      `${at} cannot be read as the index of a TensorFlow checkpoint: ${cause.message}. Download it again, or use the model's safetensors, such as openai-community/gpt2.`,
      { cause },
    );
  }
}

function configOf(hparams: unknown): Record<string, unknown> {
  const given = (typeof hparams === 'object' && hparams !== null ? hparams : {}) as Record<string, unknown>;
  const size = (key: string): number => {
    const value = given[key];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw new VitrineError(
      'config-unsupported',
      `${key} in hparams.json is ${value === undefined ? 'missing' : shown(String(value))}; it must be a whole number above 0. Download the file again.`,
    );
  };
  const vocabSize = size('n_vocab');
  return {
    model_type: 'gpt2',
    vocab_size: vocabSize,
    n_positions: size('n_ctx'),
    n_embd: size('n_embd'),
    n_head: size('n_head'),
    n_layer: size('n_layer'),
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: true,
  };
}

function tensorsOf(index: Uint8Array, data: readonly DataFile[]): TensorInfo[] {
  const table = readTable(index);
  const shards = checkHeader(table.get(''));
  const tensors: TensorInfo[] = [];
  for (const [key, value] of table) {
    const name = key === '' ? undefined : nameOf(key);
    if (name === undefined) continue;
    const { dtype, shape, shard, offset, bytes } = readEntry(value);
    if (dtype !== float) throw new TableFault(`${shown(key)} is of the type ${dtype}; only float is read`);
    const { file, fileBytes } = data[shard] ?? {};
    if (shard >= shards || file === undefined || fileBytes === undefined)
      throw new TableFault(`${shown(key)} is in shard ${shard} of ${shards}`);
    const count = shape.reduce((product, size) => product * size, 1);
    if (bytes !== count * 4) throw new TableFault(`${shown(key)} of shape [${shape}] claims ${bytes} bytes`);
    if (offset + bytes > fileBytes)
      throw new VitrineError(
        'integrity',
        `${file} is ${fileBytes} bytes, but ${shown(key)} ends at ${offset + bytes}: it was cut short. Download it again.`,
      );
    // OpenAI's linear layers are convolutions of width one: [1, in, out] is read as [in, out].
    const flat = shape.length === 3 && shape[0] === 1 ? shape.slice(1) : shape;
    tensors.push({ name, dtype: 'F32', shape: flat, file, begin: offset, end: offset + bytes });
  }
  return tensors;
}

/** BundleHeaderProto: {1: num_shards, 2: endianness, 3: version}. Returns the number of shards. */
function checkHeader(value: Uint8Array | undefined): number {
  if (!value) throw new TableFault('it has no header');
  const fields = readMessage(value);
  const shards = fields.get(1)?.[0] ?? 0;
  if (typeof shards !== 'number' || shards < 1 || shards > maxShards)
    throw new TableFault(`it claims ${shards} data files; 1 to ${maxShards} are read`);
  if ((fields.get(2)?.[0] ?? 0) !== 0) throw new TableFault('its numbers are written high byte first');
  return shards;
}

/** BundleEntryProto: {1: dtype, 2: shape, 3: shard_id, 4: offset, 5: size, 6: crc32c} */
function readEntry(value: Uint8Array): Entry {
  const fields = readMessage(value);
  const number = (field: number) => {
    const found = fields.get(field)?.[0] ?? 0;
    if (typeof found === 'number') return found;
    throw new TableFault('an entry in it is damaged');
  };
  const shape: number[] = [];
  for (const message of fields.get(2) ?? [])
    for (const dim of message instanceof Uint8Array ? (readMessage(message).get(2) ?? []) : []) {
      const size = dim instanceof Uint8Array ? (readMessage(dim).get(1)?.[0] ?? 0) : undefined;
      if (typeof size !== 'number' || shape.length >= 8) throw new TableFault('a shape in it is damaged');
      shape.push(size);
    }
  return { dtype: number(1), shape, shard: number(3), offset: number(4), bytes: number(5) };
}

/** Decodes a protocol buffer message to its fields' values: numbers, or the bytes of nested messages. */
function readMessage(bytes: Uint8Array): Map<number, (number | Uint8Array)[]> {
  const cursor = new Cursor(bytes);
  const fields = new Map<number, (number | Uint8Array)[]>();
  while (!cursor.done) {
    const tag = cursor.varint();
    const [field, kind] = [Math.floor(tag / 8), tag % 8];
    const value = readField(cursor, kind);
    const known = fields.get(field);
    if (known) known.push(value);
    else fields.set(field, [value]);
  }
  return fields;
}

function readField(cursor: Cursor, kind: number): number | Uint8Array {
  if (kind === 0) return cursor.varint();
  if (kind === 1) return cursor.take(8);
  if (kind === 2) return cursor.take(cursor.varint());
  if (kind === 5) return cursor.take(4);
  throw new TableFault(`an entry in it has a field of the unknown kind ${kind}`);
}

const outside: ReadonlyMap<string, string> = new Map([
  ['model/wte', 'wte.weight'],
  ['model/wpe', 'wpe.weight'],
  ['model/ln_f/g', 'ln_f.weight'],
  ['model/ln_f/b', 'ln_f.bias'],
]);

/** The Transformers name of an OpenAI variable; undefined for other variables, such as the optimizer's. */
function nameOf(key: string): string | undefined {
  const known = outside.get(key);
  if (known) return known;
  const match =
    /^model\/h(\d{1,4})\/(ln_1|ln_2|attn\/c_attn|attn\/c_proj|mlp\/c_fc|mlp\/c_proj)\/([gbw])$/.exec(key);
  if (!match) return undefined;
  const [, layer, part = '', kind] = match;
  return `h.${Number(layer)}.${part.replace('/', '.')}.${kind === 'b' ? 'bias' : 'weight'}`;
}
