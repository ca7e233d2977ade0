import { VitrineError } from '../../lib/index.ts';
import type { Dtype, TensorInfo } from '../types.ts';
import {
  JsonFault,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  shown,
} from './header-json.ts';

/** Bits of one value, for every type that a safetensors file may hold. */
export const dtypeBits: ReadonlyMap<string, number> = new Map<Dtype, number>([
  ['F4', 4],
  ['F6_E2M3', 6],
  ['F6_E3M2', 6],
  ['BOOL', 8],
  ['U8', 8],
  ['I8', 8],
  ['F8_E5M2', 8],
  ['F8_E4M3', 8],
  ['F8_E8M0', 8],
  ['F8_E4M3FNUZ', 8],
  ['F8_E5M2FNUZ', 8],
  ['I16', 16],
  ['U16', 16],
  ['F16', 16],
  ['BF16', 16],
  ['I32', 32],
  ['U32', 32],
  ['F32', 32],
  ['C64', 64],
  ['F64', 64],
  ['I64', 64],
  ['U64', 64],
]);

/** The format's own limit of the header. */
export const maxHeaderBytes = 100_000_000;
/** GPT-2 XL has 580. Far above any real model, far below what would block a phone. */
export const maxTensors = 100_000;

const limits = { depth: 127, values: 40 * maxTensors };
const maxU64 = 2n ** 64n - 1n;
const fetchAgain = 'Download the file again, or use another copy of the model.';

/** A parsed header. Byte ranges of `tensors` count from the start of the file, in ascending order. */
export interface SafetensorsHeader {
  tensors: TensorInfo[];
  /** Without a prototype, so that any key is safe. */
  metadata: Record<string, string>;
  /** Notices about unknown tensor fields, which are ignored. */
  notices: string[];
}

/** Length in bytes of the JSON header. @param prefix the file's first 8 bytes. Throws `safetensors-invalid`. */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < 8 || fileBytes < 8)
    throw invalid(
      file,
      `it is ${Math.min(prefix.length, fileBytes)} bytes, too short for a safetensors file`,
    );
  const length = new DataView(prefix.buffer, prefix.byteOffset, 8).getBigUint64(0, true);
  const other = otherKind(prefix);
  if (length > BigInt(maxHeaderBytes))
    throw invalid(file, other ?? `its header claims ${length} bytes, the limit is ${maxHeaderBytes}`);
  if (length > BigInt(fileBytes - 8))
    throw invalid(file, `its header claims ${length} bytes, but the file has ${fileBytes} in all`);
  if (length < 2n) throw invalid(file, 'its header is empty');
  return Number(length);
}

/** Identifies common wrong files, such as web pages and Git LFS pointers. */
function otherKind(prefix: Uint8Array): string | undefined {
  const text = String.fromCharCode(...prefix.subarray(0, 8));
  if (text === 'version ') return 'it is the pointer of a large file, not the file itself';
  if (/^\s*<[!a-zA-Z?]/.test(text)) return 'it is a web page, not weights';
  if (text.startsWith('PK\x03\x04'))
    return 'it is a zip archive, perhaps a PyTorch checkpoint by a wrong name';
  if (text.startsWith('GGUF')) return 'it is a GGUF file by a wrong name';
  return undefined;
}

/**
 * Validates a whole header before any tensor byte is used.
 * @param header the JSON, without the 8 bytes of its length
 * Throws `safetensors-invalid` naming file, tensor and reason.
 */
export function parseSafetensorsHeader(
  header: Uint8Array,
  at: { file: string; fileBytes: number },
): SafetensorsHeader {
  const { file } = at;
  const root = readJson(header, file);
  const notices: string[] = [];
  const start = 8 + header.length;
  const tensors: TensorInfo[] = [];
  for (const [name, value] of root) {
    if (name === '__metadata__') continue;
    if (tensors.length === maxTensors) throw invalid(file, `it lists more than ${maxTensors} tensors`);
    tensors.push(readTensor(name, value, { file, start, notices }));
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCover(tensors, start, at);
  return { tensors, metadata: readMetadata(root.get('__metadata__'), file), notices };
}

function readJson(header: Uint8Array, file: string): JsonObject {
  let value: JsonValue;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    value = parseStrictJson(text, limits);
  } catch (cause) {
    const why = cause instanceof JsonFault ? cause.message : 'it is not UTF-8';
    throw invalid(file, `its header cannot be read: ${why}`, cause);
  }
  if (!(value instanceof Map)) throw invalid(file, 'its header is not an object');
  return value;
}

function readMetadata(value: JsonValue | undefined, file: string): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  if (value === undefined || value === null) return metadata;
  if (!(value instanceof Map)) throw invalid(file, '__metadata__ is not an object');
  for (const [key, text] of value) {
    if (typeof text !== 'string')
      throw invalid(file, `__metadata__ has ${shown(key)}, which is not a string`);
    metadata[key] = text;
  }
  return metadata;
}

interface Place {
  file: string;
  /** Where the tensors' bytes begin. */
  start: number;
  notices: string[];
}

const fields = ['dtype', 'shape', 'data_offsets'];

function readTensor(name: string, value: JsonValue, place: Place): TensorInfo {
  const wrong = (reason: string): never => {
    throw invalid(place.file, `tensor ${shown(name)} ${reason}`);
  };
  const [dtype, shapeValue, offsetsValue] = tensorFields(name, value, place, wrong);
  const bits = typeof dtype === 'string' ? dtypeBits.get(dtype) : undefined;
  if (bits === undefined)
    return wrong(`has the unknown dtype ${typeof dtype === 'string' ? shown(dtype) : '?'}`);
  if (!Array.isArray(shapeValue)) return wrong('has no list as its shape');
  const shape = shapeValue.map((dimension) => readCount(dimension, wrong, 'a dimension'));
  if (!Array.isArray(offsetsValue) || offsetsValue.length !== 2) return wrong('has no two data_offsets');
  const [begin = 0, end = 0] = offsetsValue.map((offset) => readCount(offset, wrong, 'an offset'));
  if (end < begin) return wrong(`ends at ${end}, before it begins at ${begin}`);
  const bytes = tensorBytes(shape, bits, wrong);
  if (bytes !== BigInt(end - begin))
    return wrong(`has ${end - begin} bytes, but ${dtype} of shape [${shape.slice(0, 8)}] takes ${bytes}`);
  if (!Number.isSafeInteger(place.start + end)) return wrong('ends past any file');
  return {
    name,
    dtype: dtype as Dtype,
    shape,
    file: place.file,
    begin: place.start + begin,
    end: place.start + end,
  };
}

/** dtype, shape and offsets. The reference also takes the three in a list, in this order. */
function tensorFields(
  name: string,
  value: JsonValue,
  { notices }: Place,
  wrong: (reason: string) => never,
): (JsonValue | undefined)[] {
  if (Array.isArray(value)) return value.length === 3 ? value : wrong('is not described by an object');
  if (!(value instanceof Map)) return wrong('is not described by an object');
  for (const field of fields) if (!value.has(field)) wrong(`has no ${field}`);
  if (value.size > fields.length && notices.length < 20) {
    const extra = [...value.keys()].filter((key) => !fields.includes(key)).slice(0, 5);
    notices.push(
      `Tensor ${shown(name)} has unknown fields, which are ignored: ${extra.map(shown).join(', ')}.`,
    );
  }
  return fields.map((field) => value.get(field));
}

/** An integer from 0 that is spelled in the one right way and that a number holds exactly. */
function readCount(value: JsonValue, wrong: (reason: string) => never, what: string): number {
  if (!(value instanceof JsonNumber)) return wrong(`has ${what} that is not a number`);
  const count = Number(value.text);
  if (!/^(0|[1-9][0-9]*)$/.test(value.text) || !Number.isSafeInteger(count))
    return wrong(`has ${what} of ${value.text.slice(0, 40)}; it must be a whole number up to 2^53 - 1`);
  return count;
}

function tensorBytes(shape: readonly number[], bits: number, wrong: (reason: string) => never): bigint {
  let total = 1n;
  // In order, as the reference does: a zero at the end does not excuse an overflow before it.
  for (const factor of [...shape, bits]) {
    total *= BigInt(factor);
    if (total > maxU64) return wrong(`has the shape [${shape.slice(0, 8)}], whose size overflows`);
  }
  if (total % 8n !== 0n) return wrong(`has ${total} bits, which are no whole bytes`);
  return total / 8n;
}

/** Sorted by place, the tensors must fill the file from header to end: no hole, no overlap, nothing left over. */
function checkCover(tensors: TensorInfo[], start: number, at: { file: string; fileBytes: number }): void {
  let end = start;
  for (const tensor of tensors) {
    if (tensor.begin !== end) {
      const what = tensor.begin > end ? 'leaves a hole before it' : 'overlaps the one before it';
      throw invalid(
        at.file,
        `tensor ${shown(tensor.name)} ${what} (at ${tensor.begin - start}, not ${end - start})`,
      );
    }
    end = tensor.end;
  }
  if (end > at.fileBytes)
    throw invalid(at.file, `it is ${at.fileBytes} bytes, ${end - at.fileBytes} too few: it was cut short`);
  if (end < at.fileBytes)
    throw invalid(at.file, `it is ${at.fileBytes} bytes, ${at.fileBytes - end} more than its tensors take`);
}

function invalid(file: string, reason: string, cause?: unknown): VitrineError {
  return new VitrineError(
    'safetensors-invalid',
    `${file} is no valid safetensors file: ${reason}. ${fetchAgain}`,
    {
      cause,
    },
  );
}
