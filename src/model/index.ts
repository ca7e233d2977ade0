export type { Activation, GPT2Config } from './config.ts';
