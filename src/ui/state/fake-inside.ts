import type { Ablation, Attribution, HeadScores, PatchGrid, Run, RunOptions } from '../../engine/index.ts';

/** Layers, heads and channels of the stand-in. */
const shape = { layers: 1, heads: 1, channels: 8 };

/** A stream that tells texts apart: every position holds its id. */
function captured(ids: readonly number[], options: RunOptions): Run['captured'] {
  const { channels } = shape;
  const data = Float32Array.from(
    { length: ids.length * channels },
    (_, i) => ids[Math.floor(i / channels)] ?? 0,
  );
  return Object.fromEntries(
    (options.capture ?? []).map((site) => [site, { shape: [ids.length, channels], data: data.slice() }]),
  );
}

const grid = (value: number) => [[value]];

/** What the stand-in answers about the inside; each edit moves the logits by one token. */
export function fakeInside(
  encode: (text: string) => number[],
  logitsAfter: (ids: readonly number[]) => Float32Array,
) {
  const idsOf = (textOrIds: string | number[]) =>
    typeof textOrIds === 'string' ? encode(textOrIds) : textOrIds;
  return {
    run: async (textOrIds: string | number[], options: RunOptions = {}): Promise<Run> => {
      const ids = idsOf(textOrIds);
      const seen = [...(options.edits ?? []).map((_, i) => i), ...ids];
      const logits = logitsAfter(options.edits?.length ? seen.reverse() : ids);
      return { ids, logits, captured: captured(ids, options) };
    },
    patch: async (): Promise<PatchGrid> => ({ values: grid(1), clean: 2, corrupted: 0 }),
    ablate: async (): Promise<Ablation> => ({ untouched: 1, heads: grid(0.5), attention: [0.25], mlp: [-1] }),
    attribution: async (): Promise<Attribution> => ({
      total: 3,
      parts: [
        { name: 'embed', value: 1 },
        { name: 'blocks.0.head.0', value: 2.5 },
        { name: 'blocks.0.mlp', value: -0.5 },
      ],
    }),
    heads: async (textOrIds: string | number[] = [1, 2, 1, 2]): Promise<HeadScores> => ({
      ids: idsOf(textOrIds),
      previousToken: grid(0.5),
      duplicateToken: grid(0.25),
      induction: grid(0.125),
    }),
  };
}
