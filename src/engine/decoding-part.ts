/** Beam search and speculative decoding, when they are asked for. */
export const decodingPart = () => import('./decoding.ts');
