/** Kernels of options that few ask for, fetched when one does. */
export { constrainBytes, constrainGrid, constrainKernel, packConstrain } from '../constrain/constrain.ts';
export { dryBytes, dryKernel, packBreakers, packDry, packHistory } from '../dry/dry.ts';
export { packStatistics, statisticsBytes, statisticsKernel } from '../sample/statistics.ts';
