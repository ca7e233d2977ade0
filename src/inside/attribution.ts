import { VitrineError } from '../lib/index.ts';
import type { Edit, GPT2Config } from '../model/index.ts';
import type { RunResult, Runtime } from '../runtime/index.ts';
import { type Measure, measureOf } from './measure.ts';
import { checkKeys } from './run.ts';
import type { IdAttributionOptions } from './types.ts';

const names: Record<keyof IdAttributionOptions, true> = { target: true, foil: true, position: true };

/** A vector that is added to the residual stream, [C]. */
interface Part {
  name: string;
  vector: Float32Array;
}

/**
 * Direct logit attribution at one position. The stream there is a sum of parts; with the scale of the final norm held,
 * its logits are the sum of what each part gives. Weights stay on the device: heads are told apart, and parts
 * brought through the final norm and the head, by runs of one token whose sites are set.
 * @throws VitrineError `invalid-argument` naming the option
 */
export async function attributeIds(runtime: Runtime, ids: number[], options: IdAttributionOptions) {
  checkKeys('attribution', options, names);
  const measure = measureOf(runtime.config, options);
  const position = options.position ?? ids.length - 1;
  if (!(Number.isInteger(position) && position >= 0 && position < ids.length))
    throw new VitrineError('invalid-argument', `position is ${position}; use 0 to ${ids.length - 1}.`);
  const layers = Array.from({ length: runtime.config.nLayer }, (_, layer) => `blocks.${layer}.`);
  const stream = `${layers.at(-1)}hook_resid_post`;
  // What comes after the position does not matter to it.
  const run = await runWithParts(runtime, ids.slice(0, position + 1), layers, stream, measure);
  const parts = await partsOf(runtime, layers, run);
  const vectors = parts.map(({ vector }) => vector);
  const values = await throughHead(runtime, stream, vectors, lastRow(run, stream), measure);
  const bias = values.pop() as number;
  return {
    total: measure.of(run.logits),
    parts: [
      ...parts.map(({ name }, index) => ({ name, value: values[index] as number })),
      { name: 'ln_f.bias', value: bias },
    ],
  };
}

/** A run of the text that captures what the stream is a sum of, and the stream at its end. */
async function runWithParts(
  runtime: Runtime,
  ids: number[],
  layers: readonly string[],
  stream: string,
  measure: Measure,
): Promise<RunResult> {
  const capture = [
    ...['hook_embed', 'hook_pos_embed', stream],
    ...layers.flatMap((block) => [`${block}attn.hook_z`, `${block}hook_mlp_out`]),
  ];
  const [run] = await runtime.run({ runs: [{ ids, edits: [] }], capture, logits: measure.ids });
  if (!run) throw new Error('Internal error: a run without a result');
  return run;
}

/** What the stream at the last position is a sum of. */
async function partsOf(runtime: Runtime, layers: readonly string[], run: RunResult): Promise<Part[]> {
  const at = (site: string) => lastRow(run, site);
  return [
    { name: 'embed', vector: at('hook_embed') },
    { name: 'pos_embed', vector: at('hook_pos_embed') },
    ...(await attentionParts(runtime, layers, at)),
    ...layers.map((block) => ({ name: `${block}mlp`, vector: at(`${block}hook_mlp_out`) })),
  ];
}

/** What each head adds to the stream, and the bias that all of a block share. */
async function attentionParts(
  runtime: Runtime,
  layers: readonly string[],
  at: (site: string) => Float32Array,
): Promise<Part[]> {
  const only = (head: number): Edit[] =>
    layers.map((block) => ({
      site: `${block}attn.hook_z`,
      op: 'set',
      value: headOf(runtime.config, at(`${block}attn.hook_z`), head),
    }));
  const heads = Array.from({ length: runtime.config.nHead }, (_, head) => head);
  const outputs = await runtime.run({
    // The last one has no head at all.
    runs: [...heads, -1].map((head) => ({ ids: [0], edits: only(head) })),
    capture: layers.map((block) => `${block}hook_attn_out`),
    logits: [],
  });
  return layers.flatMap((block) => {
    const rows = outputs.map((output) => lastRow(output, `${block}hook_attn_out`));
    const bias = rows.pop() as Float32Array;
    return [
      ...rows.map((row, head) => ({
        name: `${block}head.${head}`,
        vector: row.map((value, i) => value - (bias[i] as number)),
      })),
      { name: `${block}attn.bias`, vector: bias },
    ];
  });
}

/** z with the other heads zero. */
function headOf({ nEmbd, nHead }: GPT2Config, z: Float32Array, head: number): Float32Array {
  const size = nEmbd / nHead;
  return z.map((value, i) => (Math.floor(i / size) === head ? value : 0));
}

/**
 * What each vector gives to the measure with the scale of `x` held, and last what the final norm's bias gives. The norm
 * of a vector differs from its share of x's norm by a factor that is known: the ratio of their deviations.
 */
async function throughHead(
  runtime: Runtime,
  stream: string,
  vectors: readonly Float32Array[],
  x: Float32Array,
  measure: Measure,
): Promise<number[]> {
  const { nEmbd, layerNormEpsilon: epsilon } = runtime.config;
  const zero = new Float32Array(nEmbd);
  const results = await runtime.run({
    runs: [...vectors, zero].map((value) => ({ ids: [0], edits: [{ site: stream, op: 'set', value }] })),
    capture: [],
    logits: measure.ids,
  });
  const values = results.map(({ logits }) => measure.of(logits));
  const bias = values.pop() as number;
  const scale = deviation(x, epsilon);
  const shares = vectors.map(
    (vector, index) => (((values[index] as number) - bias) * deviation(vector, epsilon)) / scale,
  );
  return [...shares, bias];
}

function deviation(x: Float32Array, epsilon: number): number {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length + epsilon);
}

/** The last position of what was captured at a site. */
function lastRow({ captured }: RunResult, site: string): Float32Array {
  const found = captured[site];
  if (!found) throw new Error(`Internal error: ${site} was not captured`);
  const width = found.data.length / (found.shape[0] as number);
  return found.data.slice(-width);
}
