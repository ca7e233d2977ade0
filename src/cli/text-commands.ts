import type { GeneratedToken, Inspection, InspectOptions } from '../engine/index.ts';
import { type Flags, generationOptions, refusal } from './flags.ts';
import { type Environment, type Loaded, loadForCommand } from './load.ts';

/** Loads the model, writes what `work` answers as one line of JSON, and disposes the model. */
async function withModel(
  what: string,
  flags: Flags,
  environment: Environment,
  work: (loaded: Loaded) => Promise<object | undefined>,
): Promise<void> {
  const loaded = await loadForCommand(what, flags, environment);
  try {
    const answer = await work(loaded);
    const { backend } = loaded.model.adapter;
    if (answer) environment.stdout.write(`${JSON.stringify({ model: loaded.name, backend, ...answer })}\n`);
  } finally {
    loaded.model.dispose();
  }
}

/** Writes the text as it comes, or with `--json` all tokens at the end. */
export async function run(
  what: string,
  prompt: string,
  flags: Flags,
  environment: Environment,
): Promise<void> {
  const options = generationOptions(flags);
  if (!flags.json && (options.n ?? 1) > 1) throw refusal('Several continuations need --json.');
  await withModel(what, flags, environment, async ({ model }) => {
    const tokens: GeneratedToken[] = [];
    if (!flags.json) environment.stdout.write(prompt);
    for await (const token of model.generate(prompt, options)) {
      if (flags.json) tokens.push(token);
      else environment.stdout.write(token.text);
    }
    if (flags.json) return { prompt, promptIds: model.encode(prompt), sequences: sequencesOf(tokens) };
    environment.stdout.write('\n');
    return undefined;
  });
}

function sequencesOf(tokens: readonly GeneratedToken[]) {
  const count = 1 + Math.max(-1, ...tokens.map(({ sequence }) => sequence));
  return Array.from({ length: count }, (_, sequence) => {
    const own = tokens.filter((token) => token.sequence === sequence);
    return {
      text: own.map(({ text }) => text).join(''),
      finishReason: own.at(-1)?.finishReason,
      tokens: own.map(({ id, text, logprob }) => ({ id, text, logprob })),
    };
  });
}

/** Log-probability of each token; null for the first, which nothing precedes. */
export async function score(
  what: string,
  text: string,
  flags: Flags,
  environment: Environment,
): Promise<void> {
  await withModel(what, flags, environment, async ({ model }) => {
    const { ids, logprobs, perplexity } = await model.score(text);
    const tokens = ids.map((id, at) => ({ id, text: model.decode([id]), logprob: finite(logprobs[at]) }));
    return { text, tokens, perplexity: finite(perplexity) };
  });
}

/** The views asked for; all of them but the hidden states when none is. */
export async function inspect(
  what: string,
  text: string,
  flags: Flags,
  environment: Environment,
): Promise<void> {
  const asked: InspectOptions = {
    attention: flags.attention === true,
    logitLens: flags['logit-lens'] === true,
    hiddenStates: flags['hidden-states'] === true,
  };
  const views = Object.values(asked).some(Boolean) ? asked : { attention: true, logitLens: true };
  await withModel(what, flags, environment, async ({ model }) => {
    const { ids, attention, logitLens, hiddenStates } = await model.inspect(text, views);
    return {
      text,
      tokens: ids.map((id) => ({ id, text: model.decode([id]) })),
      attention: attention?.map((heads) => heads.map((weights) => rows(weights, ids.length))),
      logitLens,
      hiddenStates: hiddenStates?.map((layer) => rows(layer, layer.length / ids.length)),
    } satisfies Record<string, unknown> & { [Name in keyof Omit<Inspection, 'ids'>]: unknown };
  });
}

const finite = (value: number | undefined) => (Number.isFinite(value) ? value : null);

/** A matrix, row-major, as lists. */
function rows(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, at) => [
    ...values.subarray(at * width, (at + 1) * width),
  ]);
}
