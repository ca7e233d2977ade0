import { bundledModel } from './loading.ts';

/** A model worth offering by name. Sizes are of the checkpoint's safetensors file. */
export interface CatalogueEntry {
  source: string;
  name: string;
  note: string;
  parameters: number;
  context: number;
  licence: string;
  downloadBytes: number;
}

export const catalogue: readonly CatalogueEntry[] = [
  {
    source: bundledModel,
    name: 'Tiny tales',
    note: 'Comes with this page and writes folk tales, after a fashion.',
    parameters: 5_918_720,
    context: 512,
    licence: 'MIT',
    downloadBytes: 11_843_928,
  },
  {
    source: 'distilbert/distilgpt2',
    name: 'DistilGPT-2',
    note: 'Half the layers of GPT-2, twice as fast.',
    parameters: 81_912_576,
    context: 1024,
    licence: 'Apache-2.0',
    downloadBytes: 352_824_413,
  },
  {
    source: 'openai-community/gpt2',
    name: 'GPT-2',
    note: 'The small one of 2019, the one everybody means.',
    parameters: 124_439_808,
    context: 1024,
    licence: 'MIT',
    downloadBytes: 548_105_171,
  },
  {
    source: 'openai-community/gpt2-medium',
    name: 'GPT-2 medium',
    note: 'Keeps a thread for longer.',
    parameters: 354_823_168,
    context: 1024,
    licence: 'MIT',
    downloadBytes: 1_519_984_962,
  },
  {
    source: 'openai-community/gpt2-large',
    name: 'GPT-2 large',
    note: 'For a graphics card with a few gigabytes to spare.',
    parameters: 774_030_080,
    context: 1024,
    licence: 'MIT',
    downloadBytes: 3_247_159_078,
  },
  {
    source: 'openai-community/gpt2-xl',
    name: 'GPT-2 XL',
    note: 'The whole of it, the one that was too dangerous to release.',
    parameters: 1_557_611_200,
    context: 1024,
    licence: 'MIT',
    downloadBytes: 6_431_878_936,
  },
];
