import type { Inspection } from '../../../engine/index.ts';
import { showToken } from '../../../lib/index.ts';
import { insideMessages } from '../../messages/inside.ts';
import { partName, recovered } from '../../state/inside-changes.ts';
import type { Answer, Answers, HeadAt } from '../../state/inside-types.ts';
import type { Part } from '../../state/model-changes.ts';

/** What a heat map shows. */
export interface Grid {
  rowLabels: readonly string[];
  /** Tokens, or numbers of heads. */
  columnLabels: readonly string[];
  /** -1 to 1: how strong a cell is shaded; below 0 in the other colour. */
  value(row: number, column: number): number;
  text(row: number, column: number): string;
  /** Cells with a line below them. */
  marked?(row: number, column: number): boolean;
  minCell: number;
  maxCell: number;
}

export interface Cell {
  row: number;
  column: number;
}

type Lens = NonNullable<Inspection['logitLens']>;

const { lens: lensWords, patch: patchWords, off: offWords } = insideMessages;

/** `+1.20`, `−0.35`. */
export const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;

/** Two digits; nearly nothing is 0. */
export function shortNumber(value: number): string {
  if (Math.abs(value) < 0.005) return '0';
  return value.toFixed(2).replace('-', '−');
}

export const layerName = (row: number) => (row === 0 ? lensWords.input : lensWords.layer(row - 1));

/** The lens as a map: the likeliest token and how sure each layer is of it. */
export function lensGrid(lens: Lens, ids: readonly number[], texts: readonly string[]): Grid {
  return {
    rowLabels: lens.map((_, row) => layerName(row)),
    columnLabels: texts.map(showToken),
    value: (row, column) => (lens[row]?.[column]?.[0]?.probability ?? 0) ** 0.7,
    text: (row, column) => showToken(lens[row]?.[column]?.[0]?.text ?? ''),
    marked: (row, column) => column + 1 < ids.length && lens[row]?.[column]?.[0]?.id === ids[column + 1],
    minCell: 58,
    maxCell: 104,
  };
}

/** What a patch grid's columns are: tokens of both texts, or heads. */
function patchColumns({ texts, value }: Answer<'patch'>): string[] {
  if (value.sites === 'heads') return (value.values[0] ?? []).map((_, head) => String(head));
  return texts.map((text, i) => {
    const other = value.cleanTexts[i] ?? '';
    return other === text ? showToken(text) : `${showToken(text)} ← ${showToken(other)}`;
  });
}

/** How much of the clean text's answer each cell brings back. */
export function patchGrid(answer: Answer<'patch'>): Grid {
  const { value } = answer;
  return {
    rowLabels: value.values.map((_, layer) => patchWords.layer(layer)),
    columnLabels: patchColumns(answer),
    value: (row, column) => recovered(value, row, column),
    text: (row, column) => shortNumber(recovered(value, row, column)),
    minCell: 46,
    maxCell: 110,
  };
}

/** The parts of a layer, in the order of the grid. */
export function partsOf(heads: number): Part['part'][] {
  return [...Array.from({ length: heads }, (_, head) => head), 'attn', 'mlp'];
}

/** How far the measure moves when this part alone is off. */
export function effectOf(ablation: Answers['ablation'], { layer, part }: Part): number {
  const { untouched, heads, attention, mlp } = ablation;
  const values = part === 'attn' ? attention[layer] : part === 'mlp' ? mlp[layer] : heads[layer]?.[part];
  return (values ?? Number.NaN) - untouched;
}

/** The effect of each part, switched off alone. */
export function ablationGrid(ablation: Answers['ablation']): Grid {
  const parts = partsOf(ablation.heads[0]?.length ?? 0);
  const effect = (layer: number, column: number) =>
    effectOf(ablation, { layer, part: parts[column] as Part['part'] });
  const all = ablation.heads.flatMap((_, layer) => parts.map((_, column) => Math.abs(effect(layer, column))));
  const most = Math.max(...all, 1e-9);
  return {
    rowLabels: ablation.heads.map((_, layer) => offWords.layer(layer)),
    columnLabels: parts.map((part) => (typeof part === 'number' ? String(part) : offWords[part])),
    value: (row, column) => effect(row, column) / most,
    text: (row, column) => signed(effect(row, column)),
    minCell: 46,
    maxCell: 80,
  };
}

/** A head's pattern: rows look, columns are looked at. */
export function patternGrid(weights: Float32Array, texts: readonly string[]): Grid {
  const labels = texts.map(showToken);
  const weight = (row: number, column: number) => weights[row * texts.length + column] ?? 0;
  return {
    rowLabels: labels,
    columnLabels: labels,
    value: (row, column) => Math.sqrt(weight(row, column)),
    text: (row, column) => (weight(row, column) < 0.005 ? '' : weight(row, column).toFixed(2)),
    minCell: 30,
    maxCell: 60,
  };
}

export const headName = ({ layer, head }: HeadAt) => partName({ layer, part: head });
