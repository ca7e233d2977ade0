import type { GenerateOptions } from '../../engine/index.ts';
import { numberAttributes, optionTable } from '../../generation/index.ts';
import type { SamplingOptions } from '../../sampling/index.ts';
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
  dryMultiplier: number;
  dryBase: number;
  dryAllowedLength: number;
  topNSigma: number;
  dynatempRange: number;
  dynatempExponent: number;
  mirostatTau: number;
  mirostatEta: number;
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

const numberDefaults = Object.fromEntries(
  numberAttributes.map(({ name, spec }) => [name, spec.pageDefault ?? spec.default]),
) as Pick<Settings, NumberSetting>;

export const defaultSettings: Settings = {
  ...numberDefaults,
  seed: null,
  stop: '',
  eos: optionTable.eos.default,
  overflow: optionTable.overflow.default,
  logitBias: {},
};

export type NumberSetting = {
  [K in keyof Settings]: Settings[K] extends number ? K : never;
}[keyof Settings];

/** The sliders, in the order the sampler applies them; range and off value are the option table's. */
const controlNames = [
  'temperature',
  'topK',
  'topP',
  'minP',
  'typicalP',
  'repetitionPenalty',
  'frequencyPenalty',
  'presencePenalty',
  'noRepeatNgramSize',
] as const satisfies readonly (NumberSetting & keyof typeof controlMessages)[];

/** Sliders that few ask for. */
const moreNames = [
  'dryMultiplier',
  'topNSigma',
  'dynatempRange',
  'mirostatTau',
] as const satisfies readonly (NumberSetting & keyof typeof controlMessages)[];

export type ControlName = (typeof controlNames)[number] | (typeof moreNames)[number];

export interface Control {
  key: ControlName;
  min: number;
  max: number;
  step: number;
  off: number;
}

function controlOf(key: ControlName): Control {
  const { slider, off } = optionTable[key];
  return { key, min: slider.min, max: slider.max, step: slider.step, off };
}

export const controls: readonly Control[] = controlNames.map(controlOf);
export const moreControls: readonly Control[] = moreNames.map(controlOf);

type Preset = { name: string; explain: string; settings: Partial<Settings> };

/** Everything off: the model's own probabilities. */
const allOff = Object.fromEntries([...controls, ...moreControls].map(({ key, off }) => [key, off])) as Pick<
  Settings,
  ControlName
>;

export const presets: readonly Preset[] = [
  { ...presetMessages.balanced, settings: { ...allOff, temperature: 0.8, topK: 40 } },
  { ...presetMessages.greedy, settings: { ...allOff, temperature: 0 } },
  { ...presetMessages.careful, settings: { ...allOff, temperature: 0.7, topP: 0.9 } },
  { ...presetMessages.bold, settings: { ...allOff, temperature: 1.2, minP: 0.05 } },
  { ...presetMessages.typical, settings: { ...allOff, typicalP: 0.9 } },
  { ...presetMessages.none, settings: { ...allOff } },
];

/** The presets, and first what the publisher of the model asks for, where that is none of them. */
export function presetsFor(
  { logitBias: _, ...published }: SamplingOptions = {},
  words: Pick<Preset, 'name' | 'explain'> = presetMessages.published,
): readonly Preset[] {
  const settings = { ...allOff, ...published };
  const known = presetOf({ ...defaultSettings, ...settings });
  if (Object.keys(published).length === 0 || known !== null) return presets;
  return [{ ...words, settings }, ...presets];
}

/** The preset these settings are, or null. */
export function presetOf(settings: Settings, all: readonly Preset[] = presets): string | null {
  const match = all.find((preset) =>
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
