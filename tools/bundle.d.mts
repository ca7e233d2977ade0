import type { Plugin } from 'vite';

export const engineFile: string;
export const ranksFile: string;
export const tokenizerFile: string;
export const cpuFile: string;
export const torchFile: string;
export const decodingFile: string;
export function leanWgsl(text: string): string;
export function wgslPlugin(): Plugin;
export function partsOfSite(options: { worker: boolean }): Plugin[];
export function bundleLibrary(root: string): Promise<string>;
export function bundleEngine(root: string): Promise<string>;
export function bundleElement(root: string): Promise<string>;
export function bundleRanks(root: string): Promise<string>;
export function bundleCpu(root: string): Promise<string>;
export function bundleDecoding(root: string): Promise<string>;
export function bundleTorch(root: string): Promise<string>;
export function bundleTokenizer(root: string): Promise<string>;
