import { publishedSampling, type SamplingOptions } from '../sampling/index.ts';
import type { PublishedFormat } from '../weights/index.ts';
import type { TokenizerFacts } from './page/tokenizer-facts.ts';
import type { ResolvedCheckpoint } from './resolved-checkpoint.ts';

/** What was read when a model was loaded, and what was assumed. */
export interface ModelCard {
  format: PublishedFormat;
  /** Files that hold the weights. */
  files: readonly string[];
  /** Prefix that a wrapper (torch.compile, DataParallel, …) had put before all tensor names. */
  strippedPrefix?: string;
  /** `before`: ids that a template puts before each text. */
  tokenizer: { kind: string; size: number; before: readonly number[] };
  /** True when the head is the token embedding. */
  tiedHead: boolean;
  /** Rows of the embedding without a token. Their ids are never chosen; `logits` has them. */
  paddedRows: number;
  /** The LoRA adapter that came with the model. */
  adapter?: AdapterCard;
  /** What the publisher's `generation_config.json` asks for, as options of `generate`; nothing is set by it. */
  sampling: SamplingOptions;
  /** Assumptions made, and harmless irregularities of the files, as sentences. */
  notices: readonly string[];
}

export interface AdapterCard {
  id: string;
  /** The model it was merged into. */
  base: string;
  rank: number;
  /** Whether it is part of the weights in use. */
  enabled: boolean;
}

/** The card of a checkpoint whose tokenizer is known. */
export function describeModel(
  { checkpoint, config, table }: ResolvedCheckpoint,
  tokenizer: TokenizerFacts,
): ModelCard {
  const { kind, size, before } = tokenizer;
  const { card } = checkpoint;
  return {
    format: card?.format ?? 'safetensors',
    files: card?.files ?? [],
    ...(card?.strippedPrefix !== undefined && { strippedPrefix: card.strippedPrefix }),
    tokenizer: { kind, size, before },
    tiedHead: table.tied,
    paddedRows: Math.max(0, config.vocabSize - size),
    ...(card?.adapter && { adapter: { ...card.adapter, enabled: true } }),
    sampling: publishedSampling(checkpoint.generationConfig),
    notices: [
      ...(checkpoint.notices ?? []),
      ...table.notices,
      ...tokenizer.notices,
      ...sizeNotices(config.vocabSize, size),
    ],
  };
}

/** Vocabulary and embedding may differ in size. */
function sizeNotices(rows: number, tokens: number): string[] {
  if (tokens < rows)
    return [
      `${rows - tokens} of the ${rows} rows of the embedding have no token; their ids are never chosen.`,
    ];
  if (tokens > rows)
    return [
      `${tokens - rows} tokens of the tokenizer have no row in the embedding, which has ${rows}; a text that holds one is refused.`,
    ];
  return [];
}
