import type { Plugin } from 'vite';

export function policyText(options?: { development?: boolean }): string;
export function contentSecurityPolicy(): Plugin;
