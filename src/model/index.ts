export {
  type Activation,
  checkVocabulary,
  countParameters,
  type GPT2Config,
  parseConfig,
} from './config.ts';
export {
  describeParameters,
  type Orientation,
  type Parameter,
  type ParameterTable,
} from './parameters.ts';
export type {
  DecodedToken,
  DecodeRequest,
  InsideViews,
  RowScores,
  Runtime,
  RuntimeStats,
} from './runtime.ts';
