import { showToken } from '../../../lib/index.ts';
import { insideMessages } from '../../messages/inside.ts';
import { attributionRows } from '../../state/attribution-rows.ts';
import { partName } from '../../state/inside-changes.ts';
import type { Answer, InsideTab, Question } from '../../state/inside-types.ts';
import type { Part } from '../../state/model-changes.ts';
import { oddsRows } from '../../state/odds-rows.ts';
import type { PageData } from '../../state/page-state.ts';
import { strongestHead } from '../../state/strongest-head.ts';
import { arrayOf, type NamedArray } from './arrays.ts';
import { ablationGrid, effectOf, headName, lensGrid, partsOf, patchGrid, patternGrid } from './grids.ts';
import { barsSvg, gridSvg } from './picture.ts';

/** What a view shows, as files hold it. The first array is the one of a .npy file. */
export interface Finding {
  name: string;
  arrays(): readonly NamedArray[];
  columns: readonly string[];
  rows(): readonly (readonly (string | number)[])[];
  /** An SVG document. */
  picture(): string;
}

type Decode = (ids: number[]) => string;
type Make = (state: PageData, decode: Decode) => Finding | null;

function answerOf<Q extends Question>({ inside, model }: PageData, question: Q): Answer<Q> | undefined {
  const answer = inside.answers[question] as Answer<Q> | undefined;
  return answer?.of === model ? answer : undefined;
}

function attention(state: PageData): Finding | null {
  const answer = answerOf(state, 'view');
  const all = answer?.value.attention;
  if (!answer || !all) return null;
  const { texts, value } = answer;
  const size = texts.length;
  const head = state.inside.head ?? strongestHead(all, size);
  const weights = all[head.layer]?.[head.head] ?? new Float32Array();
  const { previousToken, duplicateToken, induction } = value.scores;
  const name = insideMessages.head(headName(head));
  return {
    name: `attention-${headName(head)}`,
    arrays: () => [
      { name: `blocks.${head.layer}.attn.hook_pattern.${head.head}`, shape: [size, size], data: weights },
      ...all.map((heads, layer) => ({
        name: `blocks.${layer}.attn.hook_pattern`,
        shape: [heads.length, size, size],
        data: arrayOf('', heads).data,
      })),
      arrayOf('scores.previous_token', previousToken),
      arrayOf('scores.duplicate_token', duplicateToken),
      arrayOf('scores.induction', induction),
    ],
    columns: ['head', 'previous_token', 'duplicate_token', 'induction'],
    rows: () =>
      previousToken.flatMap((scores, layer) =>
        scores.map((score, index) => [
          headName({ layer, head: index }),
          score,
          duplicateToken[layer]?.[index] ?? 0,
          induction[layer]?.[index] ?? 0,
        ]),
      ),
    picture: () => gridSvg(name, patternGrid(weights, texts)),
  };
}

function lens(state: PageData): Finding | null {
  const answer = answerOf(state, 'view');
  const found = answer?.value.logitLens;
  if (!answer || !found) return null;
  const { ids, texts } = answer;
  const top = found[0]?.[0]?.length ?? 0;
  const array = (name: string, pick: (best: { id: number; probability: number }) => number): NamedArray => ({
    name,
    shape: [found.length, texts.length, top],
    data: Float32Array.from(found.flatMap((layer) => layer.flatMap((best) => best.map(pick)))),
  });
  return {
    name: 'lens',
    arrays: () => [array('probability', (best) => best.probability), array('id', (best) => best.id)],
    columns: ['layers', 'position', 'token', 'rank', 'id', 'text', 'probability'],
    rows: () =>
      found.flatMap((layer, depth) =>
        layer.flatMap((best, position) =>
          best.map(({ id, text, probability }, rank) => [
            ...[depth, position, texts[position] ?? '', rank + 1, id, text, probability],
          ]),
        ),
      ),
    picture: () => gridSvg(insideMessages.lens.map, lensGrid(found, ids, texts)),
  };
}

/** The odds as the model is and as changed: of a change, or of a patched cell. */
function odds(name: string, question: 'odds' | 'patched'): Make {
  return (state, decode) => {
    const answer = answerOf(state, question);
    if (!answer) return null;
    const { before, after } = answer.value;
    const padded = state.model?.card?.paddedRows ?? 0;
    const table = () => oddsRows(before, after, { count: 50, padded });
    const text = (id: number) => decode([id]);
    return {
      name,
      arrays: () => [
        { name: 'after', shape: [after.length], data: after },
        { name: 'before', shape: [before.length], data: before },
      ],
      columns: ['id', 'text', 'before', 'after'],
      rows: () => table().map((row) => [row.id, text(row.id), row.before, row.after]),
      picture: () =>
        barsSvg(
          insideMessages.odds.caption,
          table()
            .slice(0, 12)
            .flatMap((row) => [
              { name: `${showToken(text(row.id))}, ${insideMessages.odds.before}`, value: row.before },
              { name: `${showToken(text(row.id))}, ${insideMessages.odds.after}`, value: row.after },
            ]),
        ),
    };
  };
}

function off(state: PageData, decode: Decode): Finding | null {
  const ablation = answerOf(state, 'ablation')?.value;
  if (!ablation) return odds('switched-off', 'odds')(state, decode);
  const parts = partsOf(ablation.heads[0]?.length ?? 0);
  const layers = ablation.heads.map((_, layer) => parts.map((part): Part => ({ layer, part })));
  return {
    name: 'switched-off',
    arrays: () => [
      arrayOf(
        'effect',
        layers.map((layer) => layer.map((part) => effectOf(ablation, part))),
      ),
    ],
    columns: ['part', 'effect'],
    rows: () => layers.flat().map((part) => [partName(part), effectOf(ablation, part)]),
    picture: () => gridSvg(titleOf(ablation), ablationGrid(ablation)),
  };
}

const titleOf = ({ targetText, foilText }: { targetText: string; foilText: string }) =>
  insideMessages.attribute.title(showToken(targetText), showToken(foilText));

function patch(state: PageData): Finding | null {
  const answer = answerOf(state, 'patch');
  if (!answer) return null;
  const { value } = answer;
  return {
    name: `patch-${value.sites}`,
    arrays: () => [
      arrayOf('values', value.values),
      { name: 'clean', shape: [1], data: Float32Array.of(value.clean) },
      { name: 'corrupted', shape: [1], data: Float32Array.of(value.corrupted) },
    ],
    columns: ['layer', value.sites === 'heads' ? 'head' : 'position', 'value'],
    rows: () => value.values.flatMap((layer, row) => layer.map((cell, column) => [row, column, cell])),
    picture: () => gridSvg(titleOf(value), patchGrid(answer)),
  };
}

function attribute(state: PageData): Finding | null {
  const value = answerOf(state, 'attribution')?.value;
  if (!value) return null;
  return {
    name: 'attribution',
    arrays: () => [
      {
        name: 'parts',
        shape: [value.parts.length],
        data: Float32Array.from(value.parts, (part) => part.value),
      },
      { name: 'total', shape: [1], data: Float32Array.of(value.total) },
    ],
    columns: ['part', 'value'],
    rows: () => [...value.parts.map((part) => [part.name, part.value]), ['total', value.total]],
    picture: () => barsSvg(titleOf(value), attributionRows(value, 20)),
  };
}

const findings: Record<InsideTab, Make> = {
  ...{ attention, lens, off, patch, attribute },
  steer: odds('steered', 'odds'),
};

/** What the open view has found; null where it has no figures yet. */
export function findingOf(state: PageData, decode: Decode): Finding | null {
  return findings[state.inside.tab](state, decode);
}
