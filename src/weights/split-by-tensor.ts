import { sequentialSink, tensorBytes } from './sequential-sink.ts';
import { type TensorDecoder, tensorDecoder } from './tensor-decoder.ts';
import type { TensorInfo, WeightSink } from './types.ts';

/** Splits a file's bytes, received in order in pieces of any size, by tensor. */
export function splitByTensor(
  tensors: readonly TensorInfo[],
  sink: WeightSink,
): (offset: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void> {
  const oneByOne = sequentialSink(sink);
  const sorted = tensors
    .filter((one) => one.end > one.begin)
    .sort((a, b) => a.begin - b.begin)
    .map((tensor) => ({ tensor, take: takerOf(tensor, oneByOne) }));
  let done = 0;
  return async (offset, bytes) => {
    const end = offset + bytes.length;
    while ((sorted[done]?.tensor.end ?? Number.POSITIVE_INFINITY) <= offset) done += 1;
    for (let i = done; i < sorted.length; i++) {
      const { tensor, take } = sorted[i] as (typeof sorted)[number];
      if (tensor.begin >= end) break;
      if (tensor.end <= offset) continue;
      const first = Math.max(tensor.begin, offset);
      const piece = bytes.subarray(first - offset, Math.min(tensor.end, end) - offset);
      await take(first - tensor.begin, piece);
    }
  };
}

function takerOf(tensor: TensorInfo, sink: WeightSink): TensorDecoder {
  const give = async (offset: number, bytes: Uint8Array<ArrayBuffer>) => sink.write(tensor, offset, bytes);
  return tensor.stored ? tensorDecoder(tensor, tensor.stored, give) : give;
}

const zeroBytes = 2 ** 16;

/** Sends zeros for tensors that the checkpoint does not store. */
export async function giveZeros(tensors: readonly TensorInfo[], sink: WeightSink): Promise<void> {
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    for (let at = 0; at < bytes; at += zeroBytes)
      await sink.write(tensor, at, new Uint8Array(Math.min(zeroBytes, bytes - at)));
  }
}
