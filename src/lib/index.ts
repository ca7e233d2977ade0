export { assert, defined } from './assert.ts';
export {
  type ErrorRecord,
  errorCodes,
  fromErrorRecord,
  isAbort,
  throwIfAborted,
  toErrorRecord,
  VitrineError,
  type VitrineErrorCode,
} from './errors.ts';
export { bf16ToNumber, f16ToNumber, numberToF16 } from './float16.ts';
export {
  formatBytes,
  formatCount,
  formatDuration,
  formatPerplexity,
  formatProbability,
  formatProgress,
  formatRate,
  showToken,
} from './format.ts';
export { ceilDiv, clamp, product, roundUp } from './math.ts';
export { startModuleWorker } from './module-worker.ts';
export {
  allowedValues,
  checkOption,
  checkOptionNames,
  type NumberSpec,
  type OptionSpec,
  type OptionTable,
} from './option-spec.ts';
export type { WasmFunction } from './wasm-assembler.ts';
export * as wasm from './wasm-assembler.ts';
