import type { Plugin } from 'vite';

export function leanWgsl(text: string): string;
export function shortener(folder: string): (text: string) => string;
export function wgslPlugin(options?: { always?: boolean }): Plugin;
