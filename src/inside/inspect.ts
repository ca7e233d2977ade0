import { VitrineError } from '../lib/index.ts';
import type { Runtime } from '../runtime/index.ts';
import type { Inspection, InspectOptions } from './types.ts';

const defaultLensTop = 5;
const mostLensTop = 50;
const names: Record<keyof InspectOptions, true> = { attention: true, logitLens: true };

/**
 * Computes views of the inside, in a forward pass of their own. Overwrites the KV cache of sequence 0.
 * Texts of the logit lens are empty: ids are all it knows.
 */
export async function inspectIds(
  runtime: Runtime,
  ids: number[],
  { attention, logitLensTop }: ReturnType<typeof resolveInspectOptions>,
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
  return { ids, attention: views.attention, logitLens };
}

/** @throws VitrineError `invalid-argument` naming the option */
export function resolveInspectOptions(what: InspectOptions): { attention: boolean; logitLensTop: number } {
  const unknown = Object.keys(what ?? {}).find((name) => !Object.hasOwn(names, name));
  if (unknown !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `inspect has no option ${unknown}. Options are ${Object.keys(names).join(', ')}.`,
    );
  return { attention: what?.attention === true, logitLensTop: lensTop(what?.logitLens) };
}

function lensTop(option: InspectOptions['logitLens']): number {
  if (!option) return 0;
  const top = option === true ? defaultLensTop : (option.top ?? defaultLensTop);
  if (Number.isInteger(top) && top >= 1 && top <= mostLensTop) return top;
  throw new VitrineError('invalid-argument', `logitLens.top is ${top}; use 1 to ${mostLensTop}.`);
}
