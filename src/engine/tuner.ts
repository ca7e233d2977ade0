/** What tries and measures kernels, when there is something to try or measure. */
export { subgroupsRight, tuneMatmul, tuneProducts } from '../runtime/index.ts';
