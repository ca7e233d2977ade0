/** What the page says of a model; everything else it knows about one comes from the weights' own list. */
export const modelWords: Record<string, { name: string; note: string }> = {
  'tiny-tales': {
    name: 'Tiny tales',
    note: 'Comes with this page and writes folk tales (simple English, often odd).',
  },
  'distilbert/distilgpt2': { name: 'DistilGPT-2', note: 'Half the layers of GPT-2, twice as fast.' },
  'openai-community/gpt2': { name: 'GPT-2', note: 'Original GPT-2 (2019), smallest size.' },
  'openai-community/gpt2-medium': { name: 'GPT-2 medium', note: 'Larger; stays on topic longer.' },
  'openai-community/gpt2-large': {
    name: 'GPT-2 large',
    note: 'For a graphics card with a few gigabytes to spare.',
  },
  'openai-community/gpt2-xl': { name: 'GPT-2 XL', note: 'Largest size, 6 GB to download.' },
};
