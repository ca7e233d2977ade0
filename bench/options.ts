import type { BenchDtype } from './load-model.ts';

/** Command-line options of both bench commands. */
export interface CommandLine {
  models: string[];
  dtypes: BenchDtype[];
  prompts?: number[];
  contexts?: number[];
  /** Numbers of sequences that are decoded side by side. */
  batches: number[];
  newTokens: number;
  repeat: number;
  json?: string;
  plot?: string;
  text?: string;
  autotune: boolean;
  kernels: boolean;
  inside: boolean;
}

const known = ['f32', 'f16', 'int8', 'int4'];

export const usageText = `Options:
  --model LIST        models as the library names them, or random:gpt2 (shapes: distilgpt2, gpt2, gpt2-medium,
                      gpt2-large, gpt2-xl); default tiny-tales
  --dtype LIST        f32,f16,int8,int4; default f32
  --prompt N          prompt lengths for prefill, such as 16,128; default 16,128,512,1000
  --context LIST      contexts at which decoding is timed; default 64 and 90 % of the model's
  --batch LIST        numbers of sequences decoded side by side; default 4
  --new N             tokens of the longer decode; default 160
  --repeat N          rounds; default 3
  --text FILE         compare dtypes with f32 on this text
  --no-autotune       default kernel variants
  --kernels           what each kernel takes of a token and of the last chunk of the first prompt, and its share
                      of the ceilings
  --inside            every part of the model switched off in turn, what one more changed run costs beside others,
                      against as many tokens of a prompt, and decoding after that beside a fresh model's
  --json FILE         write the report there
  --plot FILE         draw the cost of a token there, as SVG: against its context, or with several models against
                      their weights`;

/** @throws Error naming the unknown option or value. */
export function parseCommandLine(words: readonly string[]): CommandLine {
  const line: CommandLine = {
    models: ['tiny-tales'],
    dtypes: ['f32'],
    batches: [4],
    newTokens: 160,
    repeat: 3,
    autotune: true,
    kernels: false,
    inside: false,
  };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--no-autotune') line.autotune = false;
    else if (word === '--kernels') line.kernels = true;
    else if (word === '--inside') line.inside = true;
    else take(line, word, words[++at]);
  }
  return line;
}

function take(line: CommandLine, word: string, value: string | undefined): void {
  if (value === undefined) throw new Error(`${word} needs a value.\n${usageText}`);
  switch (word) {
    case '--model':
      line.models = value.split(',');
      return;
    case '--batch':
      line.batches = value.split(',').map((each) => wholeNumber(word, each));
      return;
    case '--dtype':
      line.dtypes = value.split(',').map((each) => {
        if (!known.includes(each)) throw new Error(`Unknown dtype ${each}.\n${usageText}`);
        return each as BenchDtype;
      });
      return;
    case '--prompt':
      line.prompts = value.split(',').map((each) => wholeNumber(word, each));
      return;
    case '--new':
      line.newTokens = wholeNumber(word, value);
      return;
    case '--repeat':
      line.repeat = wholeNumber(word, value);
      return;
    case '--context':
      line.contexts = value.split(',').map((each) => wholeNumber(word, each));
      return;
    case '--plot':
      line.plot = value;
      return;
    case '--json':
      line.json = value;
      return;
    case '--text':
      line.text = value;
      return;
    default:
      throw new Error(`Unknown option ${word}.\n${usageText}`);
  }
}

function wholeNumber(word: string, value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${word} needs a whole number above 0, not ${value}.`);
}
