import type { GPT2Config } from './config.ts';

/** What scores are multiplied by: 1 / sqrt(HS) and, where the config says so, 1 / (layer + 1). */
export function attentionScale(config: GPT2Config, layer: number): number {
  const headSize = config.nEmbd / config.nHead;
  const byHead = config.scaleAttnWeights ? 1 / Math.sqrt(headSize) : 1;
  return config.scaleAttnByInverseLayerIdx ? byHead / (layer + 1) : byHead;
}
