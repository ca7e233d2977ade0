import { maskedCrc32c } from '../../src/weights/formats/table-file.ts';
import type { TestCheckpoint } from './checkpoint.ts';

/** One tensor by transformers' name: shape and values in row-major order. */
interface Named {
  shape: readonly number[];
  values: Float32Array;
}

/** A tiny GPT-2 by transformers' names without prefix. */
export type NamedTensors = ReadonlyMap<string, Named>;

export function namedTensors({ table, weights }: TestCheckpoint): NamedTensors {
  return new Map(
    table.parameters.map(({ role, layer, tensor, shape }) => {
      const key = layer === undefined ? role : `h.${layer}.${role}`;
      return [tensor.name, { shape, values: weights.get(key) as Float32Array }];
    }),
  );
}

function transposed({ shape: [rows = 0, columns = 0], values }: Named): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number);
}

/** Rounds to the nearest BF16. */
export function roundToBf16(value: number): number {
  const bits = new Uint32Array(new Float32Array([value]).buffer)[0] as number;
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  return new Float32Array(new Uint32Array([(rounded & 0xffff0000) >>> 0]).buffer)[0] as number;
}

/** llm.c's checkpoint of a model: version 3 is f32, 5 is bf16. */
export function writeLlmc(
  tensors: NamedTensors,
  sizes: { layers: number; heads: number; channels: number; positions: number; vocabulary: number },
  { version = 3, padded = sizes.vocabulary }: { version?: 3 | 5; padded?: number } = {},
): Uint8Array<ArrayBuffer> {
  const { layers, heads, channels, positions, vocabulary } = sizes;
  const header = new Int32Array(256);
  header.set([20240326, version, positions, vocabulary, layers, heads, channels, padded]);
  const parts: Float32Array[] = [];
  const get = (name: string) => tensors.get(name) as Named;
  const wte = new Float32Array(padded * channels).fill(7);
  wte.set(get('wte.weight').values);
  parts.push(wte, get('wpe.weight').values);
  const roles = ['ln_1', 'attn.c_attn', 'attn.c_proj', 'ln_2', 'mlp.c_fc', 'mlp.c_proj'];
  for (const role of roles)
    for (const part of ['weight', 'bias'])
      for (let layer = 0; layer < layers; layer++) {
        const tensor = get(`h.${layer}.${role}.${part}`);
        parts.push(tensor.shape.length === 2 ? transposed(tensor) : tensor.values);
      }
  parts.push(get('ln_f.weight').values, get('ln_f.bias').values);
  const floats = Float32Array.from(parts.flatMap((part) => [...part]));
  const body = version === 3 ? floats : Uint16Array.from(floats, (value) => bf16Bits(value));
  const file = new Uint8Array(1024 + body.byteLength);
  file.set(new Uint8Array(header.buffer));
  file.set(new Uint8Array(body.buffer), 1024);
  return file;
}

function bf16Bits(value: number): number {
  return (new Uint32Array(new Float32Array([roundToBf16(value)]).buffer)[0] as number) >>> 16;
}

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
};
const utf8 = (text: string) => [...new TextEncoder().encode(text)];

interface TableOptions {
  blockBytes?: number;
  restartEvery?: number;
  type?: number;
  /** Changes a block before its checksum is taken. */
  damage?(block: number[]): number[];
}

/** A table file in LevelDB's format: sorted entries in blocks of about `blockBytes`, a restart every few keys. */
export function writeTable(
  entries: ReadonlyMap<string, readonly number[]>,
  { blockBytes = 4096, restartEvery = 16, type = 0, damage = (block) => block }: TableOptions = {},
): Uint8Array<ArrayBuffer> {
  const file: number[] = [];
  const handles: [string, number[]][] = [];
  const close = (block: [string, readonly number[]][]) => {
    const bytes = damage(blockOf(block, restartEvery));
    const handle = [...varint(file.length), ...varint(bytes.length)];
    const checked = [...bytes, type];
    const crc = maskedCrc32c(Uint8Array.from(checked));
    file.push(...checked, ...new Uint8Array(new Uint32Array([crc]).buffer));
    return handle;
  };
  let block: [string, readonly number[]][] = [];
  let size = 0;
  for (const entry of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    block.push(entry);
    size += entry[0].length + entry[1].length + 3;
    if (size < blockBytes) continue;
    handles.push([entry[0], close(block)]);
    block = [];
    size = 0;
  }
  if (block.length > 0) handles.push([block[block.length - 1]?.[0] ?? '', close(block)]);
  const meta = close([]);
  const index = close(handles);
  const footer = [...meta, ...index];
  file.push(...footer, ...new Array(40 - footer.length).fill(0));
  file.push(...new Uint8Array(new BigUint64Array([0xdb4775248b80fb57n]).buffer));
  return Uint8Array.from(file);
}

function blockOf(entries: [string, readonly number[]][], restartEvery: number): number[] {
  const bytes: number[] = [];
  const restarts: number[] = [];
  let last: number[] = [];
  for (const [i, [key, value]] of entries.entries()) {
    const own = utf8(key);
    let shared = 0;
    if (i % restartEvery === 0) restarts.push(bytes.length);
    else while (shared < own.length && own[shared] === last[shared]) shared++;
    bytes.push(...varint(shared), ...varint(own.length - shared), ...varint(value.length));
    bytes.push(...own.slice(shared), ...value);
    last = own;
  }
  if (restarts.length === 0) restarts.push(0);
  return [...bytes, ...new Uint8Array(Uint32Array.from([...restarts, restarts.length]).buffer)];
}

const message = (field: number, bytes: readonly number[]) => [
  field * 8 + 2,
  ...varint(bytes.length),
  ...bytes,
];
const number = (field: number, value: number) => (value === 0 ? [] : [field * 8, ...varint(value)]);

interface TensorflowOptions {
  /** Of the tensors in the data files. */
  order?: readonly string[];
  /** Data files, which the tensors go to by turns. */
  shards?: number;
  blockBytes?: number;
  restartEvery?: number;
  type?: number;
}

/** OpenAI's release of a model: its index and its data files. */
export function writeTensorflow(
  tensors: NamedTensors,
  { order = [...tensors.keys()], shards = 1, ...table }: TensorflowOptions = {},
): { index: Uint8Array<ArrayBuffer>; data: Uint8Array<ArrayBuffer>[] } {
  const entries = new Map<string, number[]>([['', [...number(1, shards), ...message(3, number(1, 1))]]]);
  const parts = Array.from({ length: shards }, (): number[] => []);
  for (const [turn, name] of order.entries()) {
    const { shape, values } = tensors.get(name) as Named;
    const shard = turn % shards;
    const part = parts[shard] as number[];
    const dims = (shape.length === 2 && name.startsWith('h.') ? [1, ...shape] : shape).flatMap((size) =>
      message(2, number(1, size)),
    );
    const place = [...number(3, shard), ...number(4, 4 * part.length), ...number(5, values.byteLength)];
    entries.set(variableOf(name), [...number(1, 1), ...message(2, dims), ...place, 6 * 8 + 5, 1, 2, 3, 4]);
    part.push(...values);
  }
  const data = parts.map((part) => new Uint8Array(Float32Array.from(part).buffer));
  return { index: writeTable(entries, table), data };
}

/** All files of OpenAI's release, under the names that begin with `prefix`. */
export function tensorflowFiles(
  { index, data }: ReturnType<typeof writeTensorflow>,
  hparams: object,
  prefix = 'model.ckpt',
): Record<string, string | Uint8Array<ArrayBuffer>> {
  const five = (value: number) => String(value).padStart(5, '0');
  return {
    'hparams.json': JSON.stringify(hparams),
    'encoder.json': '{"a":0}',
    'vocab.bpe': '#version: 0.2\n',
    checkpoint: `model_checkpoint_path: "${prefix}"\nall_model_checkpoint_paths: "${prefix}"\n`,
    [`${prefix}.index`]: index,
    ...Object.fromEntries(
      data.map((bytes, shard) => [`${prefix}.data-${five(shard)}-of-${five(data.length)}`, bytes]),
    ),
  };
}

function variableOf(name: string): string {
  const letter = name.endsWith('.bias') ? 'b' : /ln_\w\.weight$/.test(name) ? 'g' : 'w';
  if (/^w[tp]e/.test(name)) return `model/${name.slice(0, 3)}`;
  return `model/${name
    .replace(/\.(weight|bias)$/, '')
    .replace(/^h\.(\d+)/, 'h$1')
    .replaceAll('.', '/')}/${letter}`;
}
