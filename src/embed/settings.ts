import type { Theme } from './options.ts';

/** Properties that reflect the attributes of the same name. */
export interface VitrineDemoSettings {
  /** `tiny-tales`, a hub id `owner/name@revision`, or the URL of a folder. */
  model: string | null;
  /** Maximum number of new tokens; default 120. */
  maxNewTokens: string | number | null;
  /** 0.8 unless set; 0 is greedy. */
  temperature: string | number | null;
  /** 40 unless set; 0 is off. */
  topK: string | number | null;
  topP: string | number | null;
  minP: string | number | null;
  typicalP: string | number | null;
  repetitionPenalty: string | number | null;
  frequencyPenalty: string | number | null;
  presencePenalty: string | number | null;
  noRepeatNgramSize: string | number | null;
  dryMultiplier: string | number | null;
  dryBase: string | number | null;
  dryAllowedLength: string | number | null;
  topNSigma: string | number | null;
  dynatempRange: string | number | null;
  dynatempExponent: string | number | null;
  mirostatTau: string | number | null;
  mirostatEta: string | number | null;
  /** Same seed, same text; a new one each time unless set. */
  seed: string | number | null;
  /** `false` writes on past the end of a text. */
  eos: string | boolean | null;
  /** At the model's longest context: `stop`, or `slide`. */
  overflow: string | null;
  /** When loading may start: `click`, `visible` or `now`. */
  autoload: string | null;
  /** Colours: `light`, `dark`, or `auto`, which are those of the page around it. */
  theme: Theme | null;
  /** Base URL of another hub, such as a mirror. */
  hub: string | null;
  /** Weight dtype: `f32`, `f16`, `int8` or `int4`; chosen by available memory unless set. */
  dtype: string | null;
  /** Choosing a word shows what went on inside the model before it: attention and what each layer would have written. */
  inside: string | boolean | null;
  /** Base URL of a server with OpenAI's completions that has `model`; asked only with `allowRemote`. */
  server: string | null;
  /** Lets the text leave this page, to `server`. Off unless set. */
  allowRemote: string | boolean | null;
}
