import type { Dtype } from '../types.ts';
import { shown } from './header-json.ts';
import {
  PickleFault,
  PickleGlobal,
  type PickleHost,
  PickleObject,
  type PickleValue,
} from './pickle-machine.ts';

const storageTypes = new Map<string, [dtype: Dtype, valueBytes: number]>([
  ['torch.FloatStorage', ['F32', 4]],
  ['torch.HalfStorage', ['F16', 2]],
  ['torch.BFloat16Storage', ['BF16', 2]],
  ['torch.DoubleStorage', ['F64', 8]],
  ['torch.LongStorage', ['I64', 8]],
  ['torch.IntStorage', ['I32', 4]],
  ['torch.ShortStorage', ['I16', 2]],
  ['torch.CharStorage', ['I8', 1]],
  ['torch.ByteStorage', ['U8', 1]],
  ['torch.BoolStorage', ['BOOL', 1]],
]);

/** A flat array of values that tensors are views of. */
export class TorchStorage extends PickleObject {
  readonly kind = 'storage';
  readonly dtype: Dtype;
  readonly valueBytes: number;

  /** @param count values */
  constructor(
    readonly key: string,
    [dtype, valueBytes]: [Dtype, number],
    readonly count: number,
  ) {
    super();
    this.dtype = dtype;
    this.valueBytes = valueBytes;
  }
}

/** A view of a storage, with any strides. */
export class TorchTensor extends PickleObject {
  readonly kind = 'tensor';

  /**
   * @param offset in values
   * @param strides in values; one for each size
   */
  constructor(
    readonly storage: TorchStorage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {
    super();
  }
}

/** Implements the few names that a state dictionary uses, without PyTorch. */
export class TorchHost implements PickleHost {
  /** Storages by key, in order of appearance. */
  readonly storages = new Map<string, TorchStorage>();

  allows(name: string): boolean {
    return calls.has(name) || storageTypes.has(name);
  }

  call(name: string, args: PickleValue[]): PickleValue {
    const make = calls.get(name);
    if (!make) throw new PickleFault(`it wants to call ${shown(name)}; nothing was executed`);
    return make(args);
  }

  /** `('storage', class, key, device, count)`, in the older format with a view at the end. */
  persistent(id: PickleValue): PickleValue {
    if (!Array.isArray(id) || id[0] !== 'storage' || !(id[1] instanceof PickleGlobal))
      throw new PickleFault('it refers to something other than a storage');
    const [, type, key, , count, view] = id;
    const kind = type instanceof PickleGlobal ? storageTypes.get(type.name) : undefined;
    if (!kind || typeof key !== 'string') throw new PickleFault('it refers to a storage of an unknown type');
    if (view !== undefined && view !== null)
      throw new PickleFault('it has a storage that is a part of another');
    const made = new TorchStorage(key, kind, whole(count));
    const known = this.storages.get(key);
    if (!known) this.storages.set(key, made);
    else if (known.dtype !== made.dtype || known.count !== made.count)
      throw new PickleFault(`it describes the storage ${shown(key)} in two ways`);
    return known ?? made;
  }
}

const calls = new Map<string, (args: PickleValue[]) => PickleValue>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', ([data]) => (data instanceof TorchTensor ? data : bad('a parameter'))],
  ['torch.Size', ([sizes]) => (Array.isArray(sizes) ? sizes : bad('a size'))],
]);

function bad(what: string): never {
  throw new PickleFault(`it describes ${what} in an unknown way`);
}

function orderedDict([pairs]: PickleValue[]): PickleValue {
  const made = new Map<PickleValue, PickleValue>();
  if (pairs === undefined) return made;
  if (!Array.isArray(pairs)) return bad('a dictionary');
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return bad('a dictionary');
    made.set(pair[0] as PickleValue, pair[1] as PickleValue);
  }
  return made;
}

function whole(value: PickleValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) return bad('a size');
  return value;
}

/** Arguments: storage, offset, sizes, strides, plus any that later versions added. */
function rebuildTensor([storage, offset, sizes, strides]: PickleValue[]): PickleValue {
  if (!(storage instanceof TorchStorage) || !Array.isArray(sizes) || !Array.isArray(strides))
    return bad('a tensor');
  const shape = sizes.map(whole);
  const steps = strides.map(whole);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count) || steps.length !== shape.length || shape.length > 64)
    return bad('a tensor');
  const first = whole(offset);
  // An empty tensor has no last value.
  const reach = count === 0 ? 0 : 1 + shape.reduce((sum, size, i) => sum + (size - 1) * (steps[i] ?? 0), 0);
  if (!(first + reach <= storage.count))
    throw new PickleFault(`a tensor of shape [${shape}] reaches past its storage ${shown(storage.key)}`);
  return new TorchTensor(storage, first, shape, steps);
}
