import { type KnownRevision, knownRevision } from './known-checksums.ts';

/** The numbers that decide a GPT-2-family model's size. */
export interface KnownShape {
  layers: number;
  width: number;
  /** Longest context in tokens. */
  positions: number;
  vocabulary: number;
}

/** A well-known model. Uncertain facts are left out. */
export interface KnownModel {
  /** Repository on the hub. */
  id: string;
  /** SPDX identifier. */
  licence?: string;
  shape: KnownShape;
  /** Counted from the shape, with tied embeddings. */
  parameters: number;
  /** Bytes of the weights alone, as F32: what is sent to the GPU before any conversion. */
  f32Bytes: number;
  language: string;
  /** Differences from GPT-2, and caveats. */
  special: string;
  /** Revision to load when it is not `main`. */
  revision?: string;
  /** A commit whose files are known by digest. */
  checksums?: KnownRevision;
  /** Options of the generation in its card's example, as transformers spells them. */
  example?: Readonly<Record<string, boolean | number>>;
  /** Size of the weight file when no commit is pinned. */
  fileBytes?: number;
}

/** Parameter count of a GPT-2 of this shape with a tied head. */
export function countParameters({ layers, width, positions, vocabulary }: KnownShape): number {
  const block = 12 * width * width + 13 * width;
  return (vocabulary + positions) * width + layers * block + 2 * width;
}

type Facts = Omit<KnownModel, 'parameters' | 'f32Bytes' | 'shape' | 'language'> & { language?: string };

function model(
  layers: number,
  width: number,
  positions: number,
  vocabulary: number,
  facts: Facts,
): KnownModel {
  const shape = { layers, width, positions, vocabulary };
  const parameters = countParameters(shape);
  return { language: 'English', ...facts, shape, parameters, f32Bytes: 4 * parameters };
}

const erf = 'GELU by the error function, context of 2048, trained for a known amount of compute.';
/** The example of all Cerebras-GPT cards. */
const greedy = { do_sample: false, no_repeat_ngram_size: 2 };
const chat = 'Answers a turn of conversation; turns end with <|endoftext|>.';
const code =
  'Writes Python; scales attention by the layer; its configuration names an end token past its vocabulary.';

/** Well-known models of the family, small ones first within each kind. */
export const knownModels: readonly KnownModel[] = [
  model(6, 768, 1024, 50257, {
    id: 'distilbert/distilgpt2',
    licence: 'apache-2.0',
    special: 'Half the layers of GPT-2 small, taught by it.',
    checksums: knownRevision('distilbert/distilgpt2'),
  }),
  model(12, 768, 1024, 50257, {
    id: 'openai-community/gpt2',
    licence: 'mit',
    special: 'GPT-2 small, the model of reference.',
    checksums: knownRevision('openai-community/gpt2'),
  }),
  model(24, 1024, 1024, 50257, {
    id: 'openai-community/gpt2-medium',
    licence: 'mit',
    special: 'GPT-2 medium.',
  }),
  model(36, 1280, 1024, 50257, {
    id: 'openai-community/gpt2-large',
    licence: 'mit',
    special: 'GPT-2 large; take f16 or a quantized type on most devices.',
  }),
  model(48, 1600, 1024, 50257, {
    id: 'openai-community/gpt2-xl',
    licence: 'mit',
    special: 'GPT-2 XL: over 6 GB to download.',
  }),
  model(12, 768, 1024, 50257, { id: 'microsoft/DialoGPT-small', licence: 'mit', special: chat }),
  model(24, 1024, 1024, 50257, {
    id: 'microsoft/DialoGPT-medium',
    licence: 'mit',
    special: `${chat} Its main revision has a PyTorch checkpoint only; refs/pr/22 has safetensors in F16.`,
    revision: 'refs/pr/22',
  }),
  model(36, 1280, 1024, 50257, { id: 'microsoft/DialoGPT-large', licence: 'mit', special: chat }),
  model(10, 768, 2048, 50257, {
    id: 'cerebras/Cerebras-GPT-111M',
    licence: 'apache-2.0',
    special: erf,
    example: greedy,
  }),
  model(14, 1088, 2048, 50257, {
    id: 'cerebras/Cerebras-GPT-256M',
    licence: 'apache-2.0',
    special: erf,
    example: greedy,
  }),
  model(18, 1536, 2048, 50257, {
    id: 'cerebras/Cerebras-GPT-590M',
    licence: 'apache-2.0',
    special: erf,
    example: greedy,
  }),
  model(24, 2048, 2048, 50257, {
    id: 'cerebras/Cerebras-GPT-1.3B',
    licence: 'apache-2.0',
    special: erf,
    example: greedy,
  }),
  model(32, 2560, 2048, 50257, {
    id: 'cerebras/Cerebras-GPT-2.7B',
    licence: 'apache-2.0',
    special: erf,
    example: greedy,
  }),
  model(12, 768, 1024, 32768, { id: 'codeparrot/codeparrot-small', language: 'Python', special: code }),
  model(48, 1600, 1024, 32768, { id: 'codeparrot/codeparrot', language: 'Python', special: code }),
  model(12, 768, 1024, 50265, {
    id: 'dbmdz/german-gpt2',
    licence: 'mit',
    language: 'German',
    special: 'GPT-2 small trained on German, with a vocabulary of its own.',
  }),
  model(12, 768, 2048, 50264, {
    id: 'ai-forever/rugpt3small_based_on_gpt2',
    language: 'Russian',
    special: 'GPT-2 small trained on Russian: context of 2048 and a vocabulary of its own.',
  }),
  model(12, 768, 1024, 64000, {
    id: 'aubmindlab/aragpt2-base',
    language: 'Arabic',
    special:
      'GPT-2 small trained on Arabic, with a vocabulary of 64,000; the larger AraGPT2 are of another kind.',
  }),
];

/** Models bundled with the page; they need no hub. */
export const bundledModels: readonly KnownModel[] = [
  model(6, 256, 512, 4096, {
    id: 'tiny-tales',
    licence: 'mit',
    special: 'Folk tales, in the spelling of old collections; a vocabulary of its own.',
    fileBytes: 11_843_928,
  }),
];
