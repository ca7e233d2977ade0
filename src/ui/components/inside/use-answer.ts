import { useEffect } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
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
  ask(): void;
}

const isReady = ({ phase }: PageState) => phase === 'ready';

/** One question about the text; with `live` it is asked again whenever its answer is out of date. */
export function useAnswer<Q extends Question>(question: Q, live = true): Asked<Q> {
  const actions = useActions();
  const answer = usePageState((state) => {
    const found = state.inside.answers[question] as Answer<Q> | undefined;
    return found?.of === state.model ? found : undefined;
  });
  const current = usePageState((state) => isCurrentAnswer(question, state));
  const busy = usePageState((state) => state.inside.busy[question] === true);
  const ready = usePageState(isReady);
  const version = usePageState(currentVersion);
  const inside = usePageState((state) => state.inside);
  const few = version.tokens.length <= liveTokens || answer === undefined;
  const wanted = live && ready && !current && version.tail === '' && version.tokens.length > 0 && few;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed text or field is what to ask about
  useEffect(() => {
    if (!wanted) return;
    const timer = setTimeout(() => void actions.ask(question), answer ? 120 : 0);
    return () => clearTimeout(timer);
  }, [wanted, version.tokens, inside.off, inside.steering, inside.target, inside.foil, inside.tab]);
  return { answer, current, busy, ask: () => void actions.ask(question) };
}
