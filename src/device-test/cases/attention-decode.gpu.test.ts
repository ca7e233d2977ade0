import { testOperation } from '../../../test/support/operations.ts';
import { attentionDecodeOperation } from './attention-decode.ts';

testOperation(attentionDecodeOperation);
