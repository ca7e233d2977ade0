import type { Checkpoint } from '../weights/index.ts';
import type { ResolvedCheckpoint } from './resolved-checkpoint.ts';

/** Streams the tensors the model uses, and no others, into a weight loader. */
export function uploadWeights(
  { checkpoint, table }: ResolvedCheckpoint,
  sink: Parameters<Checkpoint['stream']>[1],
): Promise<void> {
  const needed = new Set(table.parameters.map(({ tensor }) => tensor.name));
  return checkpoint.stream((tensor) => needed.has(tensor.name), sink);
}
