export const levels: Record<string, number>;
export function importsOf(text: string): string[];
export function judge(from: string, to: string): string | undefined;
export function checkTree(root: string): { files: number; errors: string[]; warnings: string[] };
