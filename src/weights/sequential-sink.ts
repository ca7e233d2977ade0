import { VitrineError } from '../lib/index.ts';
import { dtypeBits } from './formats/safetensors.ts';
import type { TensorInfo, WeightSink } from './types.ts';

/** Bytes of tensors that wait for another one to end. */
const maxWaitingBytes = 256 * 2 ** 20;

type Pieces = { offset: number; bytes: Uint8Array<ArrayBuffer> }[];

/** A sink that receives each tensor whole before the next begins, also where tensors overlap in the file. */
export function sequentialSink(sink: WeightSink): WeightSink {
  const waiting = new Map<TensorInfo, Pieces>();
  let waitingBytes = 0;
  let current: TensorInfo | undefined;
  let left = 0;
  const give = async (tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>) => {
    if (!current) {
      current = tensor;
      left = tensorBytes(tensor);
    }
    await sink.write(tensor, offset, bytes);
    left -= bytes.length;
    if (left === 0) current = undefined;
  };
  const keep = (tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>) => {
    waitingBytes += bytes.length;
    if (waitingBytes > maxWaitingBytes) throw tooMuchOverlap(tensor, current);
    const pieces = waiting.get(tensor) ?? [];
    pieces.push({ offset, bytes: bytes.slice() });
    waiting.set(tensor, pieces);
  };
  return {
    async write(tensor, offset, bytes) {
      if (current && current !== tensor) return keep(tensor, offset, bytes);
      await give(tensor, offset, bytes);
      for (const [next, pieces] of waiting) {
        if (current && current !== next) break;
        waiting.delete(next);
        for (const piece of pieces) {
          waitingBytes -= piece.bytes.length;
          await give(next, piece.offset, piece.bytes);
        }
      }
    },
  };
}

/** Bytes of a tensor as the sink receives it. */
export function tensorBytes({ shape, dtype }: TensorInfo): number {
  return (shape.reduce((product, size) => product * size, 1) * (dtypeBits.get(dtype) ?? 0)) / 8;
}

function tooMuchOverlap(tensor: TensorInfo, other: TensorInfo | undefined): VitrineError {
  return new VitrineError(
    'unsupported-format',
    `${tensor.name} and ${other?.name} share their values in ${tensor.file}, and more than ${maxWaitingBytes} bytes of them would have to be held. Save the model with .contiguous() tensors or as safetensors.`,
  );
}
