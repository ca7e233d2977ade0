/** What times and checks kernels: loaded on an adapter that was not seen before. */
export { tuneMatmul } from './tune-matmul.ts';
export { tuneProducts } from './tune-matvec.ts';
export { subgroupsRight } from './verify-subgroups.ts';
