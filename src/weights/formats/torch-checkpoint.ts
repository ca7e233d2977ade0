import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { shown } from './header-json.ts';
import { readPickle } from './pickle.ts';
import { PickleFault, type PickleValue } from './pickle-machine.ts';
import { maxTensors } from './safetensors.ts';
import { tensorOfView } from './strided-layout.ts';
import { TorchHost, type TorchStorage, TorchTensor } from './torch-pickle.ts';
import { locateEntries, type ReadRange, readZipDirectory, type ZipEntry, ZipFault } from './zip.ts';

const maxPickleBytes = 64 * 1024 * 1024;
const firstLegacyRead = 256 * 1024;
/** Magic number of legacy (pre-zip) checkpoints: a pickled ten-byte integer. */
const legacyMagic = [0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];

/** A checkpoint's tensors and, when they are nested, the other entries of the root dictionary. */
export interface TorchCheckpoint {
  tensors: TensorInfo[];
  /** Entries beside the tensors, such as nanoGPT's `model_args`; read, never run. */
  entries: ReadonlyMap<PickleValue, PickleValue>;
}

interface FileFacts {
  file: string;
  fileBytes: number;
}

/** Byte offset of each storage, by key. */
type Places = ReadonlyMap<string, number>;

/**
 * The tensors of a `torch.save`d state dictionary, such as pytorch_model.bin, with their byte ranges in the file.
 * Reads the directory of the archive, its pickle and the headers of its entries, or the front of a file in the format
 * before archives; no weights, and nothing in the file is executed. Throws `unsupported-format`.
 */
export async function readTorchCheckpoint(read: ReadRange, at: FileFacts): Promise<TorchCheckpoint> {
  try {
    const first = await read(0, Math.min(16, at.fileBytes));
    if (first[0] === 0x50 && first[1] === 0x4b) return await readArchive(read, at);
    if (legacyMagic.every((byte, i) => first[i] === byte)) return await readLegacy(read, at);
    throw new ZipFault('it does not start like a checkpoint written by torch.save');
  } catch (cause) {
    if (!(cause instanceof PickleFault || cause instanceof ZipFault)) throw cause;
    throw new VitrineError(
      'unsupported-format',
      `${at.file} cannot be read as a PyTorch checkpoint: ${cause.message}. Use a revision of the model that has safetensors, such as owner/name@refs/pr/1, or convert it with save_pretrained.`,
      { cause },
    );
  }
}

async function readArchive(read: ReadRange, at: FileFacts): Promise<TorchCheckpoint> {
  const entries = await readZipDirectory(read, at.fileBytes);
  const pickleName = [...entries.keys()].find((name) => /^(.*\/)?data\.pkl$/.test(name));
  const entry = pickleName === undefined ? undefined : entries.get(pickleName);
  if (!entry || pickleName === undefined) throw new ZipFault('the archive has no data.pkl');
  const folder = pickleName.slice(0, -'data.pkl'.length);
  if (entry.bytes > maxPickleBytes) throw new ZipFault(`its pickle claims ${entry.bytes} bytes`);
  await checkOrder(read, entries.get(`${folder}byteorder`));
  const host = new TorchHost();
  const { value } = readPickle(await readEntryBytes(read, entry), 0, host);
  const { tensors, entries: rest } = tensorsOf(value);
  const used = new Map<string, ZipEntry>();
  for (const { storage } of tensors.values()) {
    const data = entries.get(`${folder}data/${storage.key}`);
    if (!data) throw new ZipFault(`the archive has no data/${storage.key.slice(0, 40)}`);
    if (data.bytes < storage.count * storage.valueBytes)
      throw new ZipFault(`its data/${storage.key.slice(0, 40)} is ${data.bytes} bytes, too short`);
    used.set(storage.key, data);
  }
  const located = await locateEntries(read, [...new Set(used.values())]);
  const places = new Map([...used].map(([key, { name }]) => [key, located.get(name) ?? Number.NaN]));
  return { tensors: rangesOf(tensors, places, at), entries: rest };
}

async function readEntryBytes(read: ReadRange, entry: ZipEntry): Promise<Uint8Array> {
  const begin = (await locateEntries(read, [entry])).get(entry.name) ?? Number.NaN;
  return read(begin, begin + entry.bytes);
}

async function checkOrder(read: ReadRange, entry: ZipEntry | undefined): Promise<void> {
  if (!entry || entry.bytes > 16) return;
  const order = new TextDecoder().decode(await readEntryBytes(read, entry));
  if (order !== 'little') throw new ZipFault('its numbers are written high byte first');
}

/** Three small pickles, the dictionary, the storages' keys, then each storage: its count in 8 bytes, its values. */
async function readLegacy(read: ReadRange, at: FileFacts): Promise<TorchCheckpoint> {
  for (let size = firstLegacyRead; ; size *= 4) {
    const known = Math.min(size, at.fileBytes);
    try {
      return await readLegacyFront(await read(0, known), read, at);
    } catch (error) {
      const more = error instanceof PickleFault && error.tooShort && known < at.fileBytes;
      if (!more || size >= maxPickleBytes) throw error;
    }
  }
}

async function readLegacyFront(front: Uint8Array, read: ReadRange, at: FileFacts): Promise<TorchCheckpoint> {
  const host = new TorchHost();
  const protocol = readPickle(front, legacyMagic.length, host);
  if (protocol.value !== 1001) throw new PickleFault('it is of an unknown version of the format');
  const system = readPickle(front, protocol.end, host);
  if (system.value instanceof Map && system.value.get('little_endian') === false)
    throw new PickleFault('its numbers are written high byte first');
  const root = readPickle(front, system.end, host);
  const keys = readPickle(front, root.end, host);
  if (!Array.isArray(keys.value)) throw new PickleFault('the list of its storages is missing');
  const places = new Map<string, number>();
  let place = keys.end;
  for (const key of keys.value) {
    const storage = typeof key === 'string' ? host.storages.get(key) : undefined;
    if (!storage || places.has(storage.key)) throw new PickleFault('the list of its storages is wrong');
    places.set(storage.key, place + 8);
    place += 8 + storage.count * storage.valueBytes;
  }
  if (place !== at.fileBytes)
    throw new ZipFault(`it is ${at.fileBytes} bytes, its tensors take ${place}: it was cut short or changed`);
  await checkFirstCount(read, keys.value[0], places, host);
  const { tensors, entries } = tensorsOf(root.value);
  return { tensors: rangesOf(tensors, places, at), entries };
}

/** Checks that the first storage's element count is at the computed offset. */
async function checkFirstCount(
  read: ReadRange,
  key: unknown,
  places: Places,
  host: TorchHost,
): Promise<void> {
  if (typeof key !== 'string') return;
  const place = places.get(key) ?? Number.NaN;
  const bytes = await read(place - 8, place);
  const count = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigInt64(0, true);
  if (count !== BigInt(host.storages.get(key)?.count ?? -1))
    throw new PickleFault('its storages are not at the expected offsets');
}

/** Keys under which trainers nest the state dictionary. */
const stateKeys = ['state_dict', 'model', 'model_state_dict', 'module'];

interface FoundTensors {
  tensors: Map<string, TorchTensor>;
  entries: ReadonlyMap<PickleValue, PickleValue>;
}

function tensorsOf(root: PickleValue): FoundTensors {
  if (!(root instanceof Map)) throw new PickleFault('it holds no dictionary of tensors');
  const inside = stateKeys.map((key) => root.get(key)).find((value) => value instanceof Map);
  const nested = inside instanceof Map ? namedTensors(inside) : undefined;
  const tensors = nested?.size ? nested : namedTensors(root);
  if (tensors.size > maxTensors) throw new PickleFault(`it lists more than ${maxTensors} tensors`);
  if (tensors.size > 0) return { tensors, entries: nested?.size ? root : new Map() };
  const names = [...root.keys()].slice(0, 5).map((name) => shown(String(name)));
  throw new PickleFault(`it holds no tensors by name, only ${names.join(', ') || 'nothing'}`);
}

function namedTensors(dictionary: ReadonlyMap<PickleValue, PickleValue>): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  for (const [name, value] of dictionary)
    if (typeof name === 'string' && value instanceof TorchTensor) tensors.set(name, value);
  return tensors;
}

function rangesOf(
  tensors: ReadonlyMap<string, TorchTensor>,
  places: Places,
  { file, fileBytes }: FileFacts,
): TensorInfo[] {
  return [...tensors].map(([name, { storage, offset, shape, strides }]) => {
    const { dtype, valueBytes } = storage;
    const begin = placeOf(storage, places) + offset * valueBytes;
    const tensor = tensorOfView({ name, dtype, valueBytes, shape, strides, file, begin });
    if (!(begin >= 0 && tensor.end <= fileBytes))
      throw new ZipFault(`tensor ${shown(name)} reaches past the file`);
    return tensor;
  });
}

function placeOf(storage: TorchStorage, places: Places): number {
  const place = places.get(storage.key);
  if (place === undefined) throw new ZipFault(`its storage ${storage.key.slice(0, 40)} is missing`);
  return place;
}
