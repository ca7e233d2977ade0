import { VitrineError } from '../lib/index.ts';

/** The shards an index names, each once. Refuses names that could leave the folder. */
export function safeShardNames(text: string): string[] {
  let index: unknown;
  try {
    index = JSON.parse(text);
  } catch (cause) {
    throw new VitrineError('safetensors-invalid', 'model.safetensors.index.json is not JSON.', { cause });
  }
  const map = (index as { weight_map?: Record<string, unknown> } | null)?.weight_map ?? {};
  const names = [...new Set(Object.values(map))];
  for (const name of names)
    if (typeof name !== 'string' || !/^[\w][\w.-]*\.safetensors$/.test(name) || name.includes('..'))
      throw new VitrineError(
        'safetensors-invalid',
        `The index names the shard ${JSON.stringify(name)}, which is not a plain file name.`,
      );
  return names as string[];
}
