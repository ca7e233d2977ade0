import { VitrineError } from '../lib/index.ts';
import type { WeightDtype } from '../shaders/index.ts';
import type { MemoryPlan } from './memory-plan.ts';

const smaller: readonly WeightDtype[] = ['f16', 'int8', 'int4'];

/** The error of a load that ran out of memory, with the largest dtype that needs less, if there is one. */
export function suggestSmallerDtype(
  error: VitrineError,
  { id, dtypes }: MemoryPlan,
  dtype: WeightDtype,
): VitrineError {
  const planned = (name: WeightDtype) => dtypes.find((each) => each.dtype === name);
  const bytes = planned(dtype)?.totalBytes ?? 0;
  const suggested = smaller
    .slice(smaller.indexOf(dtype) + 1)
    .map(planned)
    .find((each) => each?.fits && each.totalBytes < bytes);
  const problem = `The GPU has too little memory for ${id} in ${dtype}, which needs ${mebibytes(bytes)}.`;
  if (!suggested)
    return new VitrineError('out-of-memory', `${problem} Choose a smaller model.`, { cause: error });
  const next = `Load it with dtype '${suggested.dtype}', which needs ${mebibytes(suggested.totalBytes)}, or choose a smaller model.`;
  return new VitrineError('out-of-memory', `${problem} ${next}`, { cause: error, dtype: suggested.dtype });
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
