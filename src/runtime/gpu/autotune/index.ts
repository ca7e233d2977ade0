/** Autotuning and verification of kernels, loaded lazily for an unknown adapter. */
export { tuneMatmul } from './tune-matmul.ts';
export { tuneProducts } from './tune-matvec.ts';
export { subgroupsMatchExpected } from './verify-subgroups.ts';
