import type { Edit, Model } from '../../engine/index.ts';
import { VitrineError } from '../../lib/index.ts';
import { editsOf } from './inside-changes.ts';
import type { Answers, InsideState, Pair, Question } from './inside-types.ts';
import { likeliest } from './likeliest.ts';
import { decodeIds, encodeText } from './model-text.ts';

/** More attention than this does not fit beside a model in a browser's memory. */
const mostAttentionBytes = 256 * 2 ** 20;
const lensTop = 5;

/** Memory that the attention of every head over `count` tokens takes. */
export function attentionBytes({ nLayer, nHead }: Model['config'], count: number): number {
  return 4 * nLayer * nHead * count * count;
}

/**
 * The id of a text that is one token. A word without the space before it means the word with one, where that is a token.
 * @throws VitrineError `invalid-argument` naming the pieces of a text that is several tokens
 */
function tokenOf(model: Model, text: string): number {
  const shown = text.replaceAll('·', ' ').replaceAll('↵', '\n');
  const spaced = /^\w/.test(shown) ? [` ${shown}`] : [];
  const tries = [...spaced, shown].map((each) => encodeText(model, each));
  const found = tries.find(({ ids }) => ids.length === 1)?.ids[0];
  if (found !== undefined) return found;
  const pieces = (tries[0]?.pieces ?? []).map((piece) => JSON.stringify(piece)).join(', ');
  throw new VitrineError(
    'invalid-argument',
    `“${text}” is several tokens (${pieces}). Give a word that is one token.`,
  );
}

/** The likeliest tokens after a text; rows of padding are no tokens. */
async function likeliestAfter(model: Model, ids: number[], count: number): Promise<number[]> {
  const { logits } = await model.run(ids);
  const tokens = model.config.vocabSize - model.card.paddedRows;
  return likeliest(logits.subarray(0, tokens), count).map(({ id }) => id);
}

/** The two tokens that are compared: those asked for, or the likeliest after the text that has the answer. */
async function pairOf(model: Model, ids: number[], asked: InsideState, other = ids): Promise<Pair> {
  const target = asked.target
    ? tokenOf(model, asked.target)
    : ((await likeliestAfter(model, ids, 1))[0] ?? 0);
  const foils = asked.foil ? [tokenOf(model, asked.foil)] : await likeliestAfter(model, other, 2);
  const foil = asked.foil ? foils[0] : foils.find((id) => id !== target);
  if (foil === undefined || foil === target)
    throw new VitrineError('invalid-argument', 'Target and foil are the same token. Give two that differ.');
  const text = (id: number) => decodeIds(model, [id]);
  return { target, foil, targetText: text(target), foilText: text(foil) };
}

/** The fields that a question reads: an answer to others is out of date. */
export function questionKey(question: Question, asked: InsideState): string {
  const { target, foil, clean, sites, cell, off, steering, tab } = asked;
  const fields: { [Q in Question]: unknown[] } = {
    view: [],
    repeated: [],
    odds: [off, tab === 'steer' && steering],
    ablation: [target, foil],
    attribution: [target, foil],
    patch: [target, foil, clean, sites],
    patched: [clean, sites, cell],
  };
  return JSON.stringify(fields[question]);
}

/** The edit of one cell of a patch grid: a position of a site of a layer, or a head at all positions. */
async function cellEdit(model: Model, { clean, sites, cell }: InsideState): Promise<Edit> {
  const { row = 0, column = 0 } = cell ?? {};
  const site = `blocks.${row}.${sites === 'heads' ? 'attn.hook_z' : `hook_${sites}`}`;
  const { captured } = await model.run(encodeText(model, clean).ids, { capture: [site] });
  const { shape = [], data = new Float32Array() } = captured[site] ?? {};
  const length = shape[0] ?? 0;
  const width = data.length / length;
  if (sites !== 'heads')
    return { site, op: 'set', value: data.slice(column * width, (column + 1) * width), positions: [column] };
  const size = shape[2] ?? 0;
  const positions = Array.from({ length }, (_, t) => t);
  const value = positions.map((t) => data.slice(t * width + column * size, t * width + (column + 1) * size));
  return { site, op: 'set', head: column, positions, value };
}

type Ask<Q extends Question> = (model: Model, ids: number[], asked: InsideState) => Promise<Answers[Q]>;

/** How each question is put to the model. */
export const questions: { [Q in Question]: Ask<Q> } = {
  async view(model, ids) {
    const attention = attentionBytes(model.config, ids.length) <= mostAttentionBytes;
    const inspection = await model.inspect(ids, { attention, logitLens: { top: lensTop } });
    return { ...inspection, scores: await model.heads(ids) };
  },
  async patched(model, ids, asked) {
    const edit = await cellEdit(model, asked);
    const before = await model.run(ids);
    const after = await model.run(ids, { edits: [edit] });
    return { before: before.logits, after: after.logits };
  },
  repeated: (model) => model.heads(),
  async odds(model, ids, { off, steering, tab }) {
    const changes = { off, steering: tab === 'steer' ? steering : null };
    const edits = await editsOf(model, changes);
    const before = await model.run(ids);
    const after = edits.length > 0 ? await model.run(ids, { edits }) : before;
    return { before: before.logits, after: after.logits, changes };
  },
  async ablation(model, ids, asked) {
    const pair = await pairOf(model, ids, asked);
    return { ...(await model.ablate(ids, { target: pair.target, foil: pair.foil })), ...pair };
  },
  async attribution(model, ids, asked) {
    const pair = await pairOf(model, ids, asked);
    return { ...(await model.attribution(ids, { target: pair.target, foil: pair.foil })), ...pair };
  },
  async patch(model, ids, asked) {
    const { ids: clean, pieces: cleanTexts } = encodeText(model, asked.clean);
    const { sites } = asked;
    const pair = await pairOf(model, clean, asked, ids);
    const { target, foil } = pair;
    return {
      ...(await model.patch({ clean, corrupted: ids, sites, target, foil })),
      ...pair,
      cleanTexts,
      sites,
    };
  },
};
