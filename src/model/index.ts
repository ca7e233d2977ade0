export { activationFunction } from './activation.ts';
export {
  type Activation,
  checkVocabulary,
  countParameters,
  type GPT2Config,
  parseConfig,
} from './config.ts';
export { attentionScale } from './gpt2.ts';
export {
  describeParameters,
  type Orientation,
  type Parameter,
  type ParameterTable,
} from './parameters.ts';
export { type ReferencePass, type ReferenceWeights, referenceForward } from './reference.ts';
