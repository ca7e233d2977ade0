import type { Operation } from './case.ts';
import { activationOperation } from './cases/activation.ts';
import { attentionDecodeOperation } from './cases/attention-decode.ts';
import { attentionPrefillOperation } from './cases/attention-prefill.ts';
import { columnsOperation } from './cases/columns.ts';
import { convertOperation } from './cases/convert.ts';
import { matmulOperation } from './cases/matmul.ts';
import { matvecOperation } from './cases/matvec.ts';
import { pickOperation } from './cases/pick.ts';
import { embedRowsOperation, layerNormOperation, summariseOperation } from './cases/rows.ts';
import { sampleOperation } from './cases/sample.ts';

/** Every operation with its cases, in the order in which a model meets them. */
export const operations: readonly Operation[] = [
  convertOperation,
  embedRowsOperation,
  layerNormOperation,
  activationOperation,
  matmulOperation,
  matvecOperation,
  attentionPrefillOperation,
  attentionDecodeOperation,
  columnsOperation,
  summariseOperation,
  sampleOperation,
  pickOperation,
];
