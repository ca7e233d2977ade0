export interface MirrorEntry {
  id: string;
  revision: string;
  path?: string;
}
export interface MirrorOptions {
  hub?: string;
  token?: string;
  backoffMs?: number;
  log?(line: string): void;
}
export function parseEntry(text: string): MirrorEntry;
export function chooseFiles(names: string[]): string[];
export function mirror(
  out: string,
  entry: MirrorEntry,
  options?: MirrorOptions,
): Promise<{ names: string[]; revision: string }>;
