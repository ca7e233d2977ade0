import type { Constraint } from '../constraint/index.ts';
import { checkOptionNames, type OptionSpec } from '../lib/index.ts';
import type { Edit } from '../model/index.ts';
import { type SamplingOptions, samplingTable, type TokenAutomaton } from '../sampling/index.ts';

/** Options of a generation, except the assistant model: that one is a model, which this folder knows nothing of. */
export interface GenerationOptions extends SamplingOptions {
  /** Default: to the end of the context. */
  maxNewTokens?: number;
  /** Generation ends before any of these strings; they are never part of the text. One alone needs no list. */
  stop?: string | string[];
  /** Stop at the end-of-text token. Default true. */
  eos?: boolean;
  /** How many alternatives to report per token. Default 0. */
  logprobs?: number;
  /** Continuations generated side by side. Default 1. */
  n?: number;
  signal?: AbortSignal;
  /** What to do at the context limit. Default 'stop'. */
  overflow?: 'stop' | 'slide';
  /**
   * Speculative decoding by prompt lookup: this many tokens (1 to 7) that followed an earlier occurrence of the latest
   * ones are tried in one pass. The tokens are the same; it stops by itself when it does not pay.
   */
  promptLookupNumTokens?: number;
  /** How many tokens `assistantModel` proposes for a pass, 1 to 7. Default 4. */
  numAssistantTokens?: number;
  /**
   * Beam search: the likeliest text found by following this many continuations (2 to 8) at once, instead of drawing.
   * Nothing is certain before the end, so all tokens come at the end; `n` asks for the n best texts. `temperature` is 0.
   */
  numBeams?: number;
  /** Beam search compares texts by log-probability / length ^ lengthPenalty, -10 to 10: above 0 favours longer ones. Default 1. */
  lengthPenalty?: number;
  /**
   * When beam search has finished `numBeams` texts: true ends it, false (default) ends it when no beam is better as it
   * stands, 'never' when none can become better.
   */
  earlyStopping?: boolean | 'never';
  /** DRY: a token that holds one of these texts ends a repetition. Default: line break, colon, quotation mark and asterisk. */
  drySequenceBreakers?: readonly string[];
  /** What the text must match. It ends where nothing can follow, or at the end-of-text token where the text may end. */
  constraint?: Constraint;
  /** Changes of the model's inside, at the positions of the prompt and of every token written. */
  edits?: readonly Edit[];
}

/** Options of a generation from ids: what speaks of texts is resolved by the tokenizer. */
export interface IdGenerationOptions extends Omit<GenerationOptions, 'constraint' | 'drySequenceBreakers'> {
  constraint?: TokenAutomaton;
  drySequenceBreakers?: readonly number[];
}

/** One less than the tokens of a verification pass. */
const mostDrafts = 7;

/** Every option of `generate`: checks, the page's panel, embeds, links and the docs derive from this table. */
export const optionTable = {
  maxNewTokens: {
    type: 'integer',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    defaultText: 'to the end of the context',
    pageDefault: 120,
    attribute: 'max-new-tokens',
    summary: 'Tokens to generate at most.',
  },
  ...samplingTable,
  stop: {
    type: 'texts',
    attribute: 'stop',
    defaultText: 'none',
    summary: 'Generation ends before any of these strings; they are never part of the text.',
  },
  eos: {
    type: 'choice',
    values: [true, false],
    default: true,
    attribute: 'eos',
    summary: 'Whether generation ends at the end-of-text token.',
  },
  overflow: {
    type: 'choice',
    values: ['stop', 'slide'],
    default: 'stop',
    attribute: 'overflow',
    summary: 'What to do at the end of the context: stop, or drop the older half and go on.',
  },
  n: {
    type: 'integer',
    min: 1,
    max: 64,
    default: 1,
    attribute: 'n',
    summary: 'Continuations generated side by side.',
  },
  logprobs: { type: 'integer', min: 0, max: 20, default: 0, summary: 'Alternatives to report per token.' },
  signal: { type: 'object', of: 'an AbortSignal', defaultText: 'none', summary: 'Aborts the generation.' },
  promptLookupNumTokens: {
    type: 'integer',
    min: 1,
    max: mostDrafts,
    defaultText: 'off',
    summary: 'Speculative decoding by prompt lookup: tokens drafted per pass.',
  },
  assistantModel: {
    type: 'object',
    of: 'a loaded model',
    defaultText: 'none',
    summary: 'Speculative decoding with a smaller model of the same vocabulary.',
  },
  numAssistantTokens: {
    type: 'integer',
    min: 1,
    max: mostDrafts,
    default: 4,
    summary: 'Tokens that `assistantModel` drafts per pass.',
  },
  numBeams: {
    type: 'integer',
    min: 2,
    max: 8,
    defaultText: 'off',
    summary: 'Beam search with this many beams.',
  },
  lengthPenalty: {
    type: 'number',
    min: -10,
    max: 10,
    default: 1,
    summary: 'Beam search compares texts by log-probability / length ^ lengthPenalty.',
  },
  earlyStopping: {
    type: 'choice',
    values: [true, false, 'never'],
    default: false,
    summary: 'When beam search ends once `numBeams` texts are finished.',
  },
  drySequenceBreakers: {
    type: 'texts',
    defaultText: "`['\\n', ':', '\"', '*']`",
    summary: 'DRY: a token that holds one of these ends a repetition.',
  },
  constraint: {
    type: 'object',
    of: '`{ regex }`, `{ jsonSchema }` or `{ choices }`',
    defaultText: 'none',
    summary: 'What the text must match: a regular expression, a JSON schema or one of some texts.',
  },
  edits: {
    type: 'object',
    of: 'a list of edits',
    defaultText: 'none',
    summary: 'Changes of the inside, at the prompt and at every token written.',
  },
} as const satisfies Record<keyof GenerationOptions | 'assistantModel', OptionSpec>;

export type OptionName = keyof typeof optionTable;

/** @throws VitrineError `invalid-argument` naming an option that does not exist: a misspelt one would go unnoticed. */
export function checkNames(options: object): void {
  checkOptionNames(options, optionTable);
}

const advancedNames: readonly OptionName[] = [
  'promptLookupNumTokens',
  'numAssistantTokens',
  'numBeams',
  'lengthPenalty',
  'earlyStopping',
];

/** Whether any option belongs to beam search or speculative decoding, whose code is loaded on demand. */
export function asksForAdvancedDecoding(options: IdGenerationOptions): boolean {
  return advancedNames.some((name) => options[name as keyof IdGenerationOptions] !== undefined);
}
