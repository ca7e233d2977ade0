import { writeZip } from './zip-writer.ts';

/** A tensor on a storage; contiguous F32 on a storage of its own unless more is said. */
export interface PickledTensor {
  key: string;
  shape: readonly number[];
  strides?: readonly number[];
  /** In values, as `count`, the storage's length. */
  offset?: number;
  count?: number;
  /** Default FloatStorage. */
  storage?: string;
}

export type Pickled = number | boolean | string | PickledTensor | { [key: string]: Pickled };

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const u32 = (value: number) => String.fromCharCode(...new Uint8Array(new Uint32Array([value]).buffer));
const text = (value: string) => `X${u32(value.length)}${value}`;
const whole = (value: number) => `J${u32(value)}`;
const tuple = (items: readonly number[]) => `(${items.map(whole).join('')}t`;

function opcodes(value: Pickled): string {
  if (typeof value === 'number') return whole(value);
  if (typeof value === 'boolean') return value ? '\x88' : '\x89';
  if (typeof value === 'string') return text(value);
  if (!isTensor(value)) {
    const items = Object.entries(value).map(([key, item]) => text(key) + opcodes(item));
    return `}(${items.join('')}u`;
  }
  const { key, shape, offset = 0, storage: type = 'FloatStorage' } = value;
  const { count = shape.reduce((product, size) => product * size, 1) } = value;
  const { strides = shape.map((_, i) => shape.slice(i + 1).reduce((step, size) => step * size, 1)) } = value;
  const storage = `(${text('storage')}ctorch\n${type}\n${text(key)}${text('cpu')}${whole(count)}tQ`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${storage}${whole(offset)}${tuple(shape)}${tuple(strides)}\x89NtR`;
}

function isTensor(value: object): value is PickledTensor {
  return 'shape' in value && Array.isArray(value.shape);
}

/** The pickle of such values. */
export function pickleOf(root: { [key: string]: Pickled }): Uint8Array {
  return bytesOf(`\x80\x02${opcodes(root)}.`);
}

/** What torch.save writes of these values, with these storages, in this order. */
export function writeTorch(
  root: { [key: string]: Pickled },
  storages: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const data = [...storages].map(([key, bytes]) => ({ name: `ckpt/data/${key}`, bytes }));
  return writeZip([{ name: 'ckpt/data.pkl', bytes: pickleOf(root) }, ...data]) as Uint8Array<ArrayBuffer>;
}
