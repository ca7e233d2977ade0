import { describeParameters, type GPT2Config, type ParameterTable, parseConfig } from '../model/index.ts';
import type { Checkpoint } from '../weights/index.ts';

/** An open checkpoint whose config and tensors have been checked. */
export interface ResolvedCheckpoint {
  checkpoint: Checkpoint;
  config: GPT2Config;
  /** Which tensor holds which parameter of the model. */
  table: ParameterTable;
}

/** @throws VitrineError `config-unsupported`, `config-mismatch`, `tensor-missing` or `tensor-shape` */
export function resolveCheckpoint(checkpoint: Checkpoint, tokenizerEos?: number): ResolvedCheckpoint {
  const config = parseConfig(checkpoint.config, checkpoint.generationConfig, tokenizerEos);
  return { checkpoint, config, table: describeParameters(config, checkpoint.tensors) };
}
