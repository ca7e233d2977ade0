import { defined } from '../src/lib/index.ts';
import { createTokenizer } from '../src/tokenizer/index.ts';
import type { ModelSource } from '../src/weights/index.ts';
import { type BenchDtype, resolveSource } from './load-model.ts';
import { type Measured, measureModel } from './measure.ts';
import { measureCeilings } from './probes.ts';
import { measureQuality, type Quality } from './quality.ts';
import type { Report } from './report.ts';

export interface BenchOptions {
  sources: readonly ModelSource[];
  dtypes: readonly BenchDtype[];
  prompts: readonly number[];
  contexts?: readonly number[];
  newTokens: number;
  repeat: number;
  autotune: boolean;
  /** Numbers of sequences that are decoded side by side. */
  batches: readonly number[];
  /** Time each kernel by itself too. */
  kernels?: boolean;
  /** Time runs with edits too. */
  inside?: boolean;
  /** Text on which dtypes are compared with f32. */
  text?: string;
  bundledBase?: string;
  onStage?(stage: string): void;
}

export const defaultPrompts = [16, 128, 512, 1000];
/** Tokens of the text that are scored, and positions whose distributions are compared. */
const qualityTokens = 8192;
const qualityPositions = 64;

/** One run: ceilings, every model's speed in every dtype, and the first's quality where there is a text. */
export async function runBench(options: BenchOptions): Promise<Report> {
  options.onStage?.('ceilings');
  const ceilings = await measureCeilings();
  const models: Measured[] = [];
  const kernels = options.kernels ? ceilings : undefined;
  for (const source of options.sources)
    for (const dtype of options.dtypes)
      models.push(await measureModel({ ...options, source, dtype, kernels }));
  const quality = options.text === undefined ? [] : await qualityOf(options, options.text);
  return { date: new Date().toISOString(), ceilings, models, quality };
}

async function qualityOf(options: BenchOptions, text: string): Promise<Quality[]> {
  const source = defined(options.sources[0], 'a model');
  const { checkpoint } = await resolveSource(source, options.bundledBase);
  const tokenizer = await createTokenizer(checkpoint.tokenizer);
  checkpoint.close();
  const ids = tokenizer.encode(text).slice(0, qualityTokens);
  return measureQuality({ ...options, source, ids, positions: qualityPositions });
}
