export { type AttentionInput, attentionRow, attentionWeights } from '../attention/reference.ts';
export { embed } from '../embed/reference.ts';
export { activate, erf } from '../epilogue/reference.ts';
export { foldNorm, layerNorm, linear } from '../matvec/reference.ts';
export { entropyOf, likeliest, logSumExp, rankOf } from '../summarise/reference.ts';
export {
  int4Error,
  int4Scale,
  int8Scale,
  type PackedMatrix,
  packMatrix,
  quantiseInt4,
  quantiseInt8,
  unpackMatrix,
} from '../weights/reference.ts';
