import { testOperation } from '../../../test/support/operations.ts';
import { attentionPrefillOperation } from './attention-prefill.ts';

testOperation(attentionPrefillOperation);
