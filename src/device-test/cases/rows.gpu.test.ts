import { testOperation } from '../../../test/support/operations.ts';
import { embedRowsOperation, layerNormOperation, summariseOperation } from './rows.ts';

testOperation(embedRowsOperation);
testOperation(layerNormOperation);
testOperation(summariseOperation);
