import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Cell {
  cell_type: 'code' | 'markdown';
  id: string;
  metadata: { tags?: string[] };
  source: string[];
  outputs?: { output_type: string; data: Record<string, string[]> }[];
}

export interface Notebook {
  nbformat: number;
  nbformat_minor: number;
  metadata: { kernelspec: { name: string } };
  cells: Cell[];
}

/** The notebook of the examples. */
export function readNotebook(): Notebook {
  const path = join(import.meta.dirname, '../../examples/notebook/vitrine.ipynb');
  return JSON.parse(readFileSync(path, 'utf8')) as Notebook;
}

/** Code of the cells that need Python alone, in their order. */
export function scriptOf({ cells }: Notebook): string {
  const scripts = cells.filter(({ metadata }) => metadata.tags?.includes('script'));
  return scripts.map(({ source }) => source.join('')).join('\n\n');
}

/** The HTML that its cells have put out. */
export function outputsOf({ cells }: Notebook): string[] {
  return cells.flatMap(({ outputs = [] }) => outputs.map(({ data }) => data['text/html']?.join('') ?? ''));
}
