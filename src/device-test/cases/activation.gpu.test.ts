import { testOperation } from '../../../test/support/operations.ts';
import { activationOperation } from './activation.ts';

testOperation(activationOperation);
