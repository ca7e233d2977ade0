import { usePageState } from '../../hooks.tsx';
import { insideMessages as words } from '../../messages/inside.ts';
import type { Question } from '../../state/inside-types.ts';
import { isCurrentText } from '../../state/selectors.ts';
import type { Asked } from './use-answer.ts';

interface FreshnessProps<Q extends Question> {
  asked: Asked<Q>;
  /** False where the fields do not let it be asked. */
  possible?: boolean;
}

/** Says whether figures are of the text as it is, and calculates them again at a press. */
export function Freshness<Q extends Question>({ asked, possible = true }: FreshnessProps<Q>) {
  const { answer, current, busy, follows, ask } = asked;
  const ready = usePageState((state) => state.phase === 'ready');
  const writing = usePageState((state) => state.phase === 'generating');
  const sameText = usePageState((state) => !answer || isCurrentText(answer.ids, state));
  const changed = sameText ? words.staleFields : words.stale;
  const stale = answer && !current && !busy && !follows;
  const state = busy ? words.busy : stale ? (writing ? words.whileWriting : changed) : '';
  return (
    <p className="freshness muted" role="status">
      {/* The same for as long as the text is written: it is read aloud when it changes. */}
      {follows ? words.following : state}
      {stale && possible && (ready || writing) && (
        <button type="button" className="link" onClick={ask}>
          {words.again}
        </button>
      )}
    </p>
  );
}

/** What a view shows, and whether it is up to date. */
export function Lead<Q extends Question>({ asked, text }: { asked: Asked<Q>; text: string }) {
  return (
    <div className="inside-lead">
      <p className="explain">{text}</p>
      <Freshness asked={asked} />
    </div>
  );
}
