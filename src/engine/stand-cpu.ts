import { CpuWeightLoader, createCpuRuntime } from '../runtime/index.ts';
import { cpuAdapter } from './adapter.ts';
import type { Standing } from './session.ts';
import type { Understood } from './stand.ts';
import { streamInto } from './stream-into.ts';

/** The model on the CPU. A part of its own: who has a graphics adapter never fetches it. */
export async function standOnCpu(what: Understood): Promise<Standing> {
  const { config, table } = what;
  const loader = new CpuWeightLoader(config, table);
  await streamInto(what, loader);
  const runtime = createCpuRuntime(config, loader.finish(), { contextLength: config.nPositions });
  return { runtime, dtype: 'f32', adapter: cpuAdapter };
}
