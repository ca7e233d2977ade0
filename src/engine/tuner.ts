/** What measures kernels, when there is something to measure. */
export { tuneMatmul, tuneProducts } from '../model/index.ts';
