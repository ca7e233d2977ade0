import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bf16ToNumber, defined, f16ToNumber } from '../../src/lib/index.ts';
import {
  describeParameters,
  type GPT2Config,
  type ParameterTable,
  parseConfig,
} from '../../src/model/index.ts';
import type { Dtype, TensorInfo } from '../../src/weights/index.ts';

/** A checkpoint folder read whole, for tests in Node. */
export interface TestCheckpoint {
  config: GPT2Config;
  table: ParameterTable;
  tensors: Map<string, TensorInfo>;
  bytes(tensor: TensorInfo): Uint8Array<ArrayBuffer>;
  /** Values by role, blocks' as `h.{layer}.{role}`. */
  weights: Map<string, Float32Array>;
}

/** @param folder from the project's root, such as `test/golden/bf16` */
export function readCheckpoint(folder: string): TestCheckpoint {
  const path = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  const tensors = new Map<string, TensorInfo>();
  for (const file of readdirSync(path).filter((name) => name.endsWith('.safetensors'))) {
    const bytes = Uint8Array.from(readFileSync(path + file));
    files.set(file, bytes);
    for (const tensor of readHeader(file, bytes)) tensors.set(tensor.name, tensor);
  }
  const config = parseConfig(readJson(`${folder}/config.json`));
  const table = describeParameters(config, tensors);
  const bytes = ({ file, begin, end }: TensorInfo) => defined(files.get(file), file).subarray(begin, end);
  const weights = new Map<string, Float32Array>();
  for (const { role, layer, tensor } of table.parameters)
    weights.set(layer === undefined ? role : `h.${layer}.${role}`, decode(tensor.dtype, bytes(tensor)));
  return { config, table, tensors, bytes, weights };
}

/** A JSON file of the project. */
export function readJson<T = unknown>(path: string): T {
  return JSON.parse(readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8')) as T;
}

function readHeader(file: string, bytes: Uint8Array): TensorInfo[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  delete header.__metadata__;
  type Entry = { dtype: Dtype; shape: number[]; data_offsets: [number, number] };
  return Object.entries<Entry>(header).map(
    ([
      name,
      {
        dtype,
        shape,
        data_offsets: [begin, end],
      },
    ]) => ({
      name,
      dtype,
      shape,
      file,
      begin: 8 + length + begin,
      end: 8 + length + end,
    }),
  );
}

function decode(dtype: Dtype, bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = dtype === 'F32' ? 4 : 2;
  return Float32Array.from({ length: bytes.length / size }, (_, i) => {
    if (dtype === 'F32') return view.getFloat32(i * 4, true);
    return (dtype === 'F16' ? f16ToNumber : bf16ToNumber)(view.getUint16(i * 2, true));
  });
}
