import { useEffect } from 'react';
import { usePage, usePageState } from '../../hooks.tsx';
import type { Answer, Question } from '../../state/inside-types.ts';
import type { PageState } from '../../state/page-state.ts';
import { currentVersion, isCurrentAnswer } from '../../state/selectors.ts';

/** Longer texts are looked at when asked to: a look should not take longer than a moment. */
const liveTokens = 160;

export interface Asked<Q extends Question> {
  /** The last answer, about the model that is loaded. */
  answer: Answer<Q> | undefined;
  /** True where the answer is about the text and the fields as they are. */
  current: boolean;
  busy: boolean;
  /** True while the text is written and the answer follows it. */
  follows: boolean;
  ask(): void;
}

const isReady = ({ phase }: PageState) => phase === 'ready';
const isWriting = ({ phase }: PageState) => phase === 'generating';

/** Milliseconds between looks at a text that is being written, at least; and rests between them, in times of one. */
const writingPaceMs = 400;
const restsWhileWriting = 3;

/** Milliseconds until a question is asked again: soon after a change, and now and then while the text is written. */
function delayOf(answer: Answer<Question> | undefined, writing: boolean, now: number): number {
  if (!answer) return 0;
  if (!writing) return 120;
  const rest = Math.max(writingPaceMs, restsWhileWriting * answer.took);
  return Math.max(0, answer.at + rest - now);
}

/**
 * One question about the text; with `live` it is asked again whenever its answer is out of date, while a text is written
 * a few times a second at most.
 */
export function useAnswer<Q extends Question>(question: Q, live = true): Asked<Q> {
  const { actions, environment } = usePage();
  const answer = usePageState((state) => {
    const found = state.inside.answers[question] as Answer<Q> | undefined;
    return found?.of === state.model ? found : undefined;
  });
  const current = usePageState((state) => isCurrentAnswer(question, state));
  const busy = usePageState((state) => state.inside.busy[question] === true);
  const ready = usePageState(isReady);
  const version = usePageState(currentVersion);
  const inside = usePageState((state) => state.inside);
  const writing = usePageState(isWriting);
  const few = version.tokens.length <= liveTokens || answer === undefined;
  const whole = version.tail === '' && version.tokens.length > 0;
  // What failed once would fail with every token.
  const following = writing && !busy && !inside.problem;
  const wanted = live && (ready || following) && !current && whole && few;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed text or field is what to ask about
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => void actions.ask(question), delayOf(answer, writing, environment.now()));
    return () => clearTimeout(timer);
  }, [wanted, version.tokens, inside.off, inside.steering, inside.target, inside.foil, inside.tab, writing]);
  const follows = live && writing && few && whole;
  return { answer, current, busy, follows, ask: () => void actions.ask(question) };
}
