import type { Plugin } from 'vite';

export const engineFile: string;
export const ranksFile: string;
export function leanWgsl(text: string): string;
export function wgslPlugin(): Plugin;
export function ranksBeside(folder?: string): Plugin;
export function bundleLibrary(root: string): Promise<string>;
export function bundleEngine(root: string): Promise<string>;
export function bundleElement(root: string): Promise<string>;
export function bundleRanks(root: string): Promise<string>;
