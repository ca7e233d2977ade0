import { testOperation } from '../../../test/support/operations.ts';
import { convertOperation } from './convert.ts';

testOperation(convertOperation);
