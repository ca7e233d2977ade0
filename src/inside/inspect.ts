import { VitrineError } from '../lib/index.ts';
import type { Runtime } from '../runtime/index.ts';
import { checkKeys, runIds } from './run.ts';
import type { Inspection, InspectOptions } from './types.ts';

const defaultLensTop = 5;
const mostLensTop = 50;
const names: Record<keyof InspectOptions, true> = { attention: true, logitLens: true, hiddenStates: true };

/**
 * Computes views of the inside, in a forward pass of their own. Overwrites the KV cache of sequence 0.
 * Texts of the logit lens are empty: ids are all it knows.
 */
export async function inspectIds(
  runtime: Runtime,
  ids: number[],
  { attention, logitLensTop, hiddenStates }: ReturnType<typeof resolveInspectOptions>,
): Promise<Inspection> {
  const views = await runtime.inspect(ids, { attention, logitLensTop });
  const logitLens = views.logitLens?.map((layer) =>
    layer.map((position) =>
      position.map(({ id, logit, logprob }) => ({
        id,
        text: '',
        logit,
        probability: Math.exp(logprob),
      })),
    ),
  );
  return {
    ids,
    attention: views.attention,
    logitLens,
    ...(hiddenStates && { hiddenStates: await residuals(runtime, ids) }),
  };
}

/** @throws VitrineError `invalid-argument` naming the option */
export function resolveInspectOptions(what: InspectOptions): {
  attention: boolean;
  logitLensTop: number;
  hiddenStates: boolean;
} {
  checkKeys('inspect', what, names);
  return {
    attention: what?.attention === true,
    logitLensTop: lensTop(what?.logitLens),
    hiddenStates: what?.hiddenStates === true,
  };
}

/** The stream before the first block and after each, [T, C] each. */
async function residuals(runtime: Runtime, ids: number[]): Promise<Float32Array[]> {
  const layers = Array.from({ length: runtime.config.nLayer }, (_, layer) => layer);
  const capture = ['blocks.0.hook_resid_pre', ...layers.map((layer) => `blocks.${layer}.hook_resid_post`)];
  const { captured } = await runIds(runtime, ids, { capture });
  return capture.map((site) => captured[site]?.data ?? new Float32Array());
}

function lensTop(option: InspectOptions['logitLens']): number {
  if (!option) return 0;
  const top = option === true ? defaultLensTop : (option.top ?? defaultLensTop);
  if (Number.isInteger(top) && top >= 1 && top <= mostLensTop) return top;
  throw new VitrineError('invalid-argument', `logitLens.top is ${top}; use 1 to ${mostLensTop}.`);
}
