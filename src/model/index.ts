export type { Activation, GPT2Config } from './config.ts';
export type {
  DecodedToken,
  DecodeRequest,
  InsideViews,
  RowScores,
  Runtime,
  RuntimeStats,
} from './runtime.ts';
