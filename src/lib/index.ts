export { assert, assertNever, defined } from './assert.ts';
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
export { ceilDiv, clamp, product, roundUp } from './math.ts';
