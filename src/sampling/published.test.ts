import { describe, expect, it } from 'vitest';
import { publishedSampling } from './published.ts';

describe('sampling options of a generation_config.json', () => {
  it('are those that transformers names alike', () => {
    const config = {
      ...{ bos_token_id: 1, do_sample: true, temperature: 0.7, top_k: 50, top_p: 0.95 },
      ...{ repetition_penalty: 1.1, no_repeat_ngram_size: 3, max_length: 50, seed: 4 },
    };
    expect(publishedSampling(config)).toEqual({
      ...{ temperature: 0.7, topK: 50, topP: 0.95, repetitionPenalty: 1.1, noRepeatNgramSize: 3 },
    });
  });

  it('are greedy where it says so', () => {
    expect(publishedSampling({ do_sample: false, temperature: 0.7, top_k: 50 })).toEqual({ temperature: 0 });
    const penalised = { do_sample: false, no_repeat_ngram_size: 2, repetition_penalty: 1.2, top_p: 0.9 };
    expect(publishedSampling(penalised)).toEqual({
      ...{ temperature: 0, noRepeatNgramSize: 2, repetitionPenalty: 1.2 },
    });
  });

  it('are none where there is nothing, or nothing that makes sense', () => {
    for (const nothing of [undefined, null, 'x', [], {}, { temperature: null }])
      expect(publishedSampling(nothing)).toEqual({});
    expect(publishedSampling({ temperature: 'hot', top_k: -1, top_p: 7, min_p: Number.NaN })).toEqual({});
  });
});
