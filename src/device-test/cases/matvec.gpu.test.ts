import { testOperation } from '../../../test/support/operations.ts';
import { matvecOperation } from './matvec.ts';

testOperation(matvecOperation);
