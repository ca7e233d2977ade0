import { testOperation } from '../../../test/support/operations.ts';
import { columnsOperation } from './columns.ts';

testOperation(columnsOperation);
