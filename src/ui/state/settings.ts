import type { GenerateOptions } from '../../engine/index.ts';
import { type controlMessages, presetMessages } from '../messages/sampling.ts';

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
  key: NumberSetting & keyof typeof controlMessages;
  min: number;
  max: number;
  step: number;
  off: number;
}

/** The sliders, in the order the sampler applies them. */
export const controls: readonly Control[] = [
  { key: 'temperature', min: 0, max: 2, step: 0.05, off: 1 },
  { key: 'topK', min: 0, max: 200, step: 1, off: 0 },
  { key: 'topP', min: 0.05, max: 1, step: 0.01, off: 1 },
  { key: 'minP', min: 0, max: 0.5, step: 0.005, off: 0 },
  { key: 'typicalP', min: 0.05, max: 1, step: 0.01, off: 1 },
  { key: 'repetitionPenalty', min: 1, max: 2, step: 0.01, off: 1 },
  { key: 'frequencyPenalty', min: 0, max: 2, step: 0.05, off: 0 },
  { key: 'presencePenalty', min: 0, max: 2, step: 0.05, off: 0 },
  { key: 'noRepeatNgramSize', min: 0, max: 8, step: 1, off: 0 },
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
  { ...presetMessages.balanced, settings: { ...cutsOff, temperature: 0.8, topK: 40 } },
  { ...presetMessages.greedy, settings: { ...cutsOff, temperature: 0 } },
  { ...presetMessages.careful, settings: { ...cutsOff, temperature: 0.7, topP: 0.9 } },
  { ...presetMessages.bold, settings: { ...cutsOff, temperature: 1.2, minP: 0.05 } },
  { ...presetMessages.typical, settings: { ...cutsOff, typicalP: 0.9 } },
  { ...presetMessages.none, settings: { ...cutsOff } },
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
