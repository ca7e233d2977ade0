import type { FinishReason } from '../../engine/index.ts';
import type { RunOrigin, Version } from './document.ts';
import { questionKey } from './inside-questions.ts';
import type { Question } from './inside-types.ts';
import type { PageData } from './page-state.ts';

/** The text in front of the visitor. */
export function currentVersion(state: Pick<PageData, 'versions' | 'current'>): Version {
  const found = state.versions.find((version) => version.id === state.current);
  return found ?? { id: state.current, tokens: [], tail: '', run: null };
}

/** How the last run ended, as long as the text is the one it left. */
export function runEnd(state: Pick<PageData, 'versions' | 'current' | 'run'>): FinishReason | null {
  const { finishReason, left } = state.run ?? {};
  const { id, tokens, tail } = currentVersion(state);
  const same = left?.version === id && left.tokens === tokens.length && tail === '';
  return (same && finishReason) || null;
}

/** The run that wrote the end of this version; null where something was typed or chosen after it. */
export function lastRun(version: Version): RunOrigin | null {
  const { run, tokens, tail } = version;
  if (!run || tail !== '' || tokens.length <= run.from) return null;
  return tokens.slice(run.from).every((token) => token.origin === 'model') ? run : null;
}

/** Whether these ids are of the text as it is: all of it, or the end that the model still reads. */
export function isCurrentText(
  ids: readonly number[],
  state: Pick<PageData, 'versions' | 'current' | 'model'>,
): boolean {
  const { tokens, tail } = currentVersion(state);
  if (tail !== '') return false;
  const skipped = tokens.length - ids.length;
  const whole = skipped === 0 || tokens.length > (state.model?.config.nPositions ?? 0);
  return whole && ids.every((id, i) => tokens[skipped + i]?.id === id);
}

/** Whether the last answer to a question is one about the model, the text and the fields as they are. */
export function isCurrentAnswer(
  question: Question,
  state: Pick<PageData, 'versions' | 'current' | 'model' | 'inside'>,
): boolean {
  const answer = state.inside.answers[question];
  if (!answer || answer.of !== state.model || answer.key !== questionKey(question, state.inside))
    return false;
  return question === 'repeated' || isCurrentText(answer.ids, state);
}
