import type { TensorInfo, WeightSink } from './types.ts';

/** Hands a file's bytes, which come in order but cut anywhere, to the tensors they belong to. */
export function splitByTensor(
  tensors: readonly TensorInfo[],
  sink: WeightSink,
): (offset: number, bytes: Uint8Array<ArrayBuffer>) => Promise<void> {
  const sorted = tensors.filter((one) => one.end > one.begin).sort((a, b) => a.begin - b.begin);
  return async (offset, bytes) => {
    const end = offset + bytes.length;
    for (const tensor of sorted) {
      if (tensor.begin >= end) break;
      if (tensor.end <= offset) continue;
      const first = Math.max(tensor.begin, offset);
      const piece = bytes.subarray(first - offset, Math.min(tensor.end, end) - offset);
      await sink.write(tensor, first - tensor.begin, piece);
    }
  };
}
