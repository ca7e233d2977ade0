export { activationFunction } from './activation.ts';
export {
  type Activation,
  countParameters,
  type GPT2Config,
  parseConfig,
} from './config.ts';
export { type AffineEdit, applyEdit, type Edit, type RunEdit, sameEdits } from './edits.ts';
export { gpt2 } from './gpt2.ts';
export {
  type AttentionSpec,
  checkEdits,
  type Graph,
  type Node,
  type NodeOf,
  type Pass,
  recordGraph,
  type SiteShape,
  sitesOf,
  type Value,
  type Watch,
  widthOf,
} from './graph.ts';
export {
  describeParameters,
  type Parameter,
  type ParameterTable,
} from './parameters.ts';
export {
  type ReferenceRun,
  type ReferenceWeights,
  referenceForward,
  referencePass,
} from './reference.ts';
