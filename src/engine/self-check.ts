import { VitrineError } from '../lib/index.ts';
import type { WeightDtype } from '../shaders/index.ts';
import type { AdapterSummary } from './adapter.ts';
import { loadHere } from './load.ts';
import type { LoadOptions } from './load-options.ts';
import type { Model } from './model.ts';

export interface SelfCheckReport {
  passed: boolean;
  /** Largest |logit - reference| over all stored prompts. */
  maxAbsError: number;
  tolerance: number;
  /** Greedy tokens that agree with the reference, of how many. */
  tokensMatched: number;
  tokensTotal: number;
  prompts: { name: string; maxAbsError: number; tokensMatched: number; tokensTotal: number }[];
  dtype: string;
  adapter: AdapterSummary;
  milliseconds: number;
}

/**
 * The expected values for one dtype. Those of f32 are PyTorch's; those of the others come from the same rounded weights
 * in float64, so that the difference is the device's arithmetic alone.
 */
interface Expected {
  /** Allowed difference of a logit. */
  tolerance: number;
  /** The same on a device with shader-f16, which may round the inputs of a prompt's products to f16. */
  halfTolerance: number;
  prompts: { name: string; ids: number[]; logitIds: number[]; logits: number[]; greedy: number[] }[];
}

/** `self-check.json` beside the bundled model, made by tools/tiny-tales/self_check.py. */
interface Stored {
  version: number;
  dtypes: Record<WeightDtype, Expected>;
}

const checkedModel = 'tiny-tales';
const version = 2;

/**
 * Runs the bundled model on this device, in f32 unless told otherwise, and compares with the logits and greedy tokens
 * stored for that dtype. It fetches nothing but the bundled model.
 * @throws VitrineError of the load, or when the stored results cannot be read
 */
export async function selfCheckHere(options: LoadOptions = {}): Promise<SelfCheckReport> {
  const stored = await readStored(options);
  const started = performance.now();
  const { model } = await loadHere(checkedModel, { dtype: 'f32', ...options });
  try {
    const expected = stored.dtypes[model.dtype as WeightDtype];
    const half = model.adapter.features.includes('shader-f16');
    const tolerance = half ? expected.halfTolerance : expected.tolerance;
    const prompts: SelfCheckReport['prompts'] = [];
    for (const prompt of expected.prompts) prompts.push(await checkPrompt(model, prompt));
    const sum = (pick: (each: (typeof prompts)[number]) => number) =>
      prompts.reduce((total, each) => total + pick(each), 0);
    const maxAbsError = Math.max(...prompts.map((each) => each.maxAbsError));
    const tokensMatched = sum((each) => each.tokensMatched);
    const tokensTotal = sum((each) => each.tokensTotal);
    return {
      passed: maxAbsError <= tolerance && tokensMatched === tokensTotal,
      maxAbsError,
      tolerance,
      tokensMatched,
      tokensTotal,
      prompts,
      dtype: model.dtype,
      adapter: model.adapter,
      milliseconds: performance.now() - started,
    };
  } finally {
    model.dispose();
  }
}

async function checkPrompt(
  model: Model,
  { name, ids, logitIds, logits, greedy }: Expected['prompts'][number],
) {
  const found = await model.logits(ids);
  const maxAbsError = logits.reduce((most, expected, index) => {
    const difference = Math.abs(expected - (found[logitIds[index] as number] ?? Number.NaN));
    // NaN must fail the check; Math.max would propagate it into a comparison that is false.
    return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(most, difference);
  }, 0);
  let tokensMatched = 0;
  // Where the lead of the best token is within the tolerance, no token is stored.
  if (greedy.length === 0) return { name, maxAbsError, tokensMatched, tokensTotal: 0 };
  const options = { temperature: 0, maxNewTokens: greedy.length, eos: false };
  for await (const { id, index } of model.generate(ids, options)) if (id === greedy[index]) tokensMatched++;
  return { name, maxAbsError, tokensMatched, tokensTotal: greedy.length };
}

async function readStored({ bundledBase, signal }: LoadOptions): Promise<Stored> {
  const base = new URL(bundledBase ?? 'models/', globalThis.location?.href);
  const url = new URL(
    `${checkedModel}/self-check.json`,
    base.href.endsWith('/') ? base.href : `${base.href}/`,
  );
  const response = await fetch(url, { signal }).catch((cause) => {
    throw new VitrineError('network', `${url.href} could not be reached.`, { cause });
  });
  if (!response.ok) throw new VitrineError('not-found', `${url.href} answered ${response.status}.`);
  const stored = (await response.json()) as Stored;
  if (stored.version !== version)
    throw new VitrineError(
      'unsupported-format',
      `${url.href} has version ${stored.version}, not ${version}.`,
    );
  return stored;
}
