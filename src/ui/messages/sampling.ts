/** The sampler's controls: their names, and what each does in one sentence. */
export const controlMessages = {
  exact: (label: string) => `${label}, exact`,
  temperature: {
    label: 'Temperature',
    explain: 'Below 1 favours likely tokens, above 1 unlikely ones. 0 always takes the likeliest.',
  },
  topK: { label: 'Top-k', explain: 'Keeps this many of the likeliest tokens. 0 keeps all.' },
  topP: {
    label: 'Top-p',
    explain: 'Keeps the likeliest tokens until together they reach this probability. 1 keeps all.',
  },
  minP: {
    label: 'Min-p',
    explain: 'Removes tokens less likely than this share of the likeliest one. 0 keeps all.',
  },
  typicalP: {
    label: 'Typical',
    explain: 'Keeps the tokens whose surprise is closest to the expected one. 1 keeps all.',
  },
  repetitionPenalty: {
    label: 'Repetition penalty',
    explain: 'Makes every token already in the text less likely. 1 is off.',
  },
  frequencyPenalty: {
    label: 'Frequency penalty',
    explain: 'Lowers a written token once for each time it was written. 0 is off.',
  },
  presencePenalty: {
    label: 'Presence penalty',
    explain: 'Lowers a token once if it was written at all. 0 is off.',
  },
  noRepeatNgramSize: {
    label: 'Block repeated n-grams',
    explain: 'No sequence of this many tokens may occur twice. 0 is off.',
  },
  more: 'More samplers',
  dryMultiplier: {
    label: 'DRY',
    explain: 'Makes tokens that would extend a repetition less likely. 0 is off.',
  },
  topNSigma: {
    label: 'Top-n-sigma',
    explain: 'Removes tokens more than this many standard deviations below the likeliest. 0 keeps all.',
  },
  dynatempRange: {
    label: 'Dynamic temperature',
    explain:
      'Moves the temperature by up to this: down where one token is clear, up where many are likely. 0 is off.',
  },
  mirostatTau: {
    label: 'Mirostat',
    explain: 'Steers the text to this surprise, in bits per token. 0 is off.',
  },
  maxNewTokens: { label: 'Tokens to write', explain: 'At most, per run.' },
  n: { label: 'Side by side', explain: 'Continuations written at once.' },
  seed: {
    label: 'Seed',
    explain: 'Same seed, same text. Empty uses a new one each time.',
    placeholder: 'random',
    keep: 'Reuse last seed',
    random: 'Random seed',
  },
  stop: { label: 'Stop at', placeholder: 'one text per line' },
  eos: 'Stop at the model’s own end of text',
  slide: 'When the context is full, drop the oldest text',
};

export const presetMessages = {
  legend: 'Presets',
  published: { name: 'As published', explain: 'What the model’s generation_config.json asks for' },
  card: { name: 'As on its card', explain: 'The example on the model’s card' },
  balanced: { name: 'Balanced', explain: 'Temperature 0.8, top-k 40' },
  greedy: { name: 'Greedy', explain: 'Always the likeliest token' },
  careful: { name: 'Careful', explain: 'Temperature 0.7, top-p 0.9' },
  bold: { name: 'Bold', explain: 'Temperature 1.2, min-p 0.05' },
  typical: { name: 'Typical', explain: 'Typical 0.9' },
  none: { name: 'No filtering', explain: 'The model’s own probabilities, nothing removed' },
};
