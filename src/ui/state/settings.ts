import type { GenerateOptions } from '../../engine/index.ts';

/** Every control of the page that shapes what is written. Off values are those of the sampler. */
export interface Settings {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  typicalP: number;
  repetitionPenalty: number;
  frequencyPenalty: number;
  presencePenalty: number;
  noRepeatNgramSize: number;
  maxNewTokens: number;
  n: number;
  /** Null draws a new seed for each run. */
  seed: number | null;
  /** One stop string per line. */
  stop: string;
  eos: boolean;
  overflow: 'stop' | 'slide';
  /** Added to the logits by token id; the page uses it to rule tokens out. */
  logitBias: Record<number, number>;
}

export const defaultSettings: Settings = {
  temperature: 0.8,
  topK: 40,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  noRepeatNgramSize: 0,
  maxNewTokens: 120,
  n: 1,
  seed: null,
  stop: '',
  eos: true,
  overflow: 'stop',
  logitBias: {},
};

export type NumberSetting = {
  [K in keyof Settings]: Settings[K] extends number ? K : never;
}[keyof Settings];

export interface Control {
  key: NumberSetting;
  label: string;
  min: number;
  max: number;
  step: number;
  off: number;
  explain: string;
}

/** The sliders, in the order the sampler applies them. */
export const controls: readonly Control[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    min: 0,
    max: 2,
    step: 0.05,
    off: 1,
    explain: 'Below 1 favours the likely words, above 1 the unlikely. 0 always takes the likeliest.',
  },
  {
    key: 'topK',
    label: 'Top-k',
    min: 0,
    max: 200,
    step: 1,
    off: 0,
    explain: 'Keeps this many of the likeliest tokens. 0 keeps all.',
  },
  {
    key: 'topP',
    label: 'Top-p',
    min: 0.05,
    max: 1,
    step: 0.01,
    off: 1,
    explain: 'Keeps the likeliest tokens until together they reach this share. 1 keeps all.',
  },
  {
    key: 'minP',
    label: 'Min-p',
    min: 0,
    max: 0.5,
    step: 0.005,
    off: 0,
    explain: 'Drops tokens less likely than this share of the likeliest one. 0 keeps all.',
  },
  {
    key: 'typicalP',
    label: 'Typical',
    min: 0.05,
    max: 1,
    step: 0.01,
    off: 1,
    explain: 'Keeps the tokens whose surprise is closest to what is to be expected here. 1 keeps all.',
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    min: 1,
    max: 2,
    step: 0.01,
    off: 1,
    explain: 'Makes every token already in the text less likely. 1 is off.',
  },
  {
    key: 'frequencyPenalty',
    label: 'Frequency penalty',
    min: 0,
    max: 2,
    step: 0.05,
    off: 0,
    explain: 'Lowers a written token once for each time it was written. 0 is off.',
  },
  {
    key: 'presencePenalty',
    label: 'Presence penalty',
    min: 0,
    max: 2,
    step: 0.05,
    off: 0,
    explain: 'Lowers a token once if it was written at all. 0 is off.',
  },
  {
    key: 'noRepeatNgramSize',
    label: 'No repeated run of',
    min: 0,
    max: 8,
    step: 1,
    off: 0,
    explain: 'No run of this many tokens may occur twice. 0 is off.',
  },
];

type Preset = { name: string; explain: string; settings: Partial<Settings> };

const cutsOff = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  typicalP: 1,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  noRepeatNgramSize: 0,
} satisfies Partial<Settings>;

export const presets: readonly Preset[] = [
  {
    name: 'Steady',
    explain: 'Temperature 0.8, top-k 40',
    settings: { ...cutsOff, temperature: 0.8, topK: 40 },
  },
  { name: 'Greedy', explain: 'Always the likeliest token', settings: { ...cutsOff, temperature: 0 } },
  {
    name: 'Careful',
    explain: 'Temperature 0.7, top-p 0.9',
    settings: { ...cutsOff, temperature: 0.7, topP: 0.9 },
  },
  {
    name: 'Bold',
    explain: 'Temperature 1.2, min-p 0.05',
    settings: { ...cutsOff, temperature: 1.2, minP: 0.05 },
  },
  { name: 'Typical', explain: 'Typical 0.9', settings: { ...cutsOff, typicalP: 0.9 } },
  { name: 'Untouched', explain: 'The model as it is, no cut at all', settings: { ...cutsOff } },
];

/** The preset these settings are, or null. */
export function presetOf(settings: Settings): string | null {
  const match = presets.find((preset) =>
    Object.entries(preset.settings).every(([key, value]) => settings[key as keyof Settings] === value),
  );
  return match?.name ?? null;
}

export function stopStrings(settings: Settings): string[] {
  return settings.stop.split('\n').filter((line) => line !== '');
}

/** The engine's options for a run under these settings. */
export function generateOptions(settings: Settings, seed: number): GenerateOptions {
  const { stop: _stop, seed: _seed, ...rest } = settings;
  return { ...rest, seed, stop: stopStrings(settings) };
}
