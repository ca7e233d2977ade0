import { VitrineError } from '../lib/index.ts';
import type { MemoryPlan, WeightDtype } from './types.ts';

const smaller: readonly WeightDtype[] = ['f16', 'int8', 'int4'];

/** What an out-of-memory while loading says: which dtype takes less, if any does. */
export function proposeSmaller(
  error: VitrineError,
  { id, dtypes }: MemoryPlan,
  dtype: WeightDtype,
): VitrineError {
  const told = (name: WeightDtype) => dtypes.find((planned) => planned.dtype === name);
  const bytes = told(dtype)?.totalBytes ?? 0;
  const proposed = smaller
    .slice(smaller.indexOf(dtype) + 1)
    .map(told)
    .find((planned) => planned?.fits && planned.totalBytes < bytes);
  const short = `The GPU has no room for ${id} in ${dtype}, which takes ${megabytes(bytes)}.`;
  if (!proposed)
    return new VitrineError('out-of-memory', `${short} Choose a smaller model.`, { cause: error });
  const next = `Load it with dtype '${proposed.dtype}', which takes ${megabytes(proposed.totalBytes)}, or choose a smaller model.`;
  return new VitrineError('out-of-memory', `${short} ${next}`, { cause: error, dtype: proposed.dtype });
}

const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
