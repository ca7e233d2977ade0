import { testOperation } from '../../../test/support/operations.ts';
import { pickOperation } from './pick.ts';

testOperation(pickOperation);
