import { VitrineError } from '../lib/index.ts';
import type { TensorInfo } from './types.ts';

/** Length of the header, from the first 8 bytes of a safetensors file. */
export function readHeaderLength(first8: Uint8Array, fileBytes: number): number {
  const view = new DataView(first8.buffer, first8.byteOffset, first8.byteLength);
  const length = first8.length < 8 ? 0n : view.getBigUint64(0, true);
  if (length < 2n || length > BigInt(Math.min(fileBytes - 8, 100_000_000)))
    throw new VitrineError(
      'safetensors-invalid',
      `The header of this safetensors file claims ${length} bytes.`,
    );
  return Number(length);
}

/** The tensors a header lists. */
export function parseSafetensorsHeader(
  header: Uint8Array,
  file: { file: string; fileBytes: number },
): TensorInfo[] {
  const start = 8 + header.length;
  const json = JSON.parse(
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header),
  ) as Record<string, { dtype: TensorInfo['dtype']; shape: number[]; data_offsets: [number, number] }>;
  return Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(
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
        file: file.file,
        begin: start + begin,
        end: start + end,
      }),
    );
}
