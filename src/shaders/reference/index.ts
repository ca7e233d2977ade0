export { activate, erf } from './activation.ts';
export { type AttentionInput, attentionRow, attentionWeights } from './attention.ts';
export { embed } from './embed.ts';
export { foldNorm, layerNorm, linear } from './linear.ts';
export { likeliest, logSumExp } from './logits.ts';
export {
  int4Error,
  int4Scale,
  int8Scale,
  type PackedMatrix,
  packMatrix,
  quantiseInt4,
  quantiseInt8,
  unpackMatrix,
} from './quantise.ts';
