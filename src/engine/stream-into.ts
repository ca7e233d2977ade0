import type { ParameterTable } from '../model/index.ts';
import type { Checkpoint } from '../weights/index.ts';

/** Streams the tensors the model has a use for, and no others. */
export function streamInto(
  { checkpoint, table }: { checkpoint: Checkpoint; table: ParameterTable },
  sink: Parameters<Checkpoint['stream']>[1],
): Promise<void> {
  const needed = new Set(table.parameters.map(({ tensor }) => tensor.name));
  return checkpoint.stream((tensor) => needed.has(tensor.name), sink);
}
