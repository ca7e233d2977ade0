import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TokenAlternative } from '../../engine/index.ts';
import { formatProbability, showToken } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { surprisal } from '../lib/shade.ts';
import { messages } from '../messages/index.ts';
import type { TextToken } from '../state/document.ts';
import { nextAt } from '../state/scoring-slice.ts';
import { Bar } from './bar.tsx';
import { useDismiss } from './use-dismiss.ts';
import type { Opening } from './use-inspector.ts';

const words = messages.alternatives;

const width = 296;
const margin = 8;

interface Place {
  left: number;
  top: number;
}

/** Where the list goes: under the token, above it when there is no room, always inside the window. */
function placeAt(frame: HTMLElement, index: number, height: number): Place {
  const token = frame.querySelector(`[data-i="${index}"]`);
  const rects = token?.getClientRects();
  const rect = rects?.[0] ?? frame.getBoundingClientRect();
  const below = rect.bottom + 4;
  const above = rect.top - height - 4;
  const top = below + height > innerHeight - margin && above > margin ? above : below;
  const rightmost = document.documentElement.clientWidth - Math.min(width, innerWidth - 2 * margin) - margin;
  return {
    left: Math.max(margin, Math.min(rect.left - 12, rightmost)),
    top: Math.max(margin, Math.min(top, innerHeight - height - margin)),
  };
}

function Rank({ rank }: { rank: number }) {
  const all = usePageState((state) => state.model?.config.vocabSize ?? 0);
  return rank > 0 ? words.rank(rank, all.toLocaleString('en')) : null;
}

function Heading({ token, rank }: { token: TextToken | undefined; rank: number }) {
  if (!token) return <p className="alternatives-head">{words.next}</p>;
  const { logprob } = token;
  const known = logprob !== null && !Number.isNaN(logprob);
  return (
    <p className="alternatives-head">
      <bdi className="token-text">{showToken(token.text)}</bdi>
      <span className="muted">
        {known
          ? words.figures(formatProbability(Math.exp(logprob)), surprisal(logprob).toFixed(1))
          : words.first}
        {known && <Rank rank={rank} />}
      </span>
    </p>
  );
}

interface ChoiceProps {
  choice: TokenAlternative;
  most: number;
  current: boolean;
  onChoose(): void;
}

function Choice({ choice, most, current, onChoose }: ChoiceProps) {
  const probability = Math.exp(choice.logprob);
  return (
    <li>
      <button type="button" className="choice" aria-current={current || undefined} onClick={onChoose}>
        <bdi className="token-text">{showToken(choice.text)}</bdi>
        <Bar share={probability / most} />
        <span className="choice-number">{formatProbability(probability)}</span>
      </button>
    </li>
  );
}

/** Moves the focus along the choices. */
function moveFocus(box: HTMLElement | null, event: KeyboardEvent): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (step === 0) return;
  event.preventDefault();
  const buttons = [...(box?.querySelectorAll<HTMLElement>('button.choice') ?? [])];
  const at = buttons.indexOf(document.activeElement as HTMLElement);
  buttons[(at + step + buttons.length) % buttons.length]?.focus();
}

/** Where the box goes, once its height is known; and the focus, where the keyboard opened it. */
function usePlace(
  box: RefObject<HTMLElement | null>,
  frame: RefObject<HTMLElement | null>,
  { index, count, focused }: { index: number; count: number; focused: boolean },
): Place | null {
  const [place, setPlace] = useState<Place | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height depends on how many choices there are
  useLayoutEffect(() => {
    if (!frame.current || !box.current) return;
    frame.current.querySelector(`[data-i="${index}"]`)?.scrollIntoView({ block: 'nearest' });
    setPlace(placeAt(frame.current, index, box.current.offsetHeight));
  }, [box, frame, index, count]);
  // What is not placed yet is hidden, and cannot take the focus.
  const placed = place !== null;
  const some = count > 0;
  useEffect(() => {
    if (!focused || !placed) return;
    const first = some ? box.current?.querySelector<HTMLElement>('button.choice') : null;
    (first ?? box.current)?.focus();
  }, [box, focused, placed, some]);
  return place;
}

interface ChoicesProps {
  choices: readonly TokenAlternative[];
  current: number | undefined;
  onChoose(choice: TokenAlternative): void;
}

/** The alternatives, likeliest first; bars are relative to the first. */
function Choices({ choices, current, onChoose }: ChoicesProps) {
  const most = Math.exp(choices[0]?.logprob ?? 0);
  return (
    <ol className="choices">
      {choices.map((choice) => (
        <Choice
          key={choice.id}
          choice={choice}
          most={most}
          current={choice.id === current}
          onChoose={() => onChoose(choice)}
        />
      ))}
    </ol>
  );
}

interface AlternativesProps {
  index: number;
  opening: Opening;
  frame: RefObject<HTMLElement | null>;
  onClose(): void;
  onEdit(): void;
  onEnter(): void;
  onLeave(event: React.PointerEvent): void;
}

/** What the model considered at one place. Choosing one branches the text there. */
export function Alternatives(props: AlternativesProps) {
  const { index, opening, frame, onClose } = props;
  const actions = useActions();
  const box = useRef<HTMLElement>(null);
  const token = useCurrentVersion().tokens[index];
  const next = usePageState((state) => nextAt(state, index)?.alternatives ?? null);
  const choices = token ? token.alternatives : next;
  const count = choices?.length ?? 0;
  const rank = token ? (choices ?? []).findIndex((choice) => choice.id === token.id) + 1 : 0;
  const place = usePlace(box, frame, { index, count, focused: opening === 'keyboard' });
  useDismiss(box, '.sheet-text, .surprisal svg', onClose);
  const choose = (choice: TokenAlternative) => {
    onClose();
    void actions.branch(index, choice);
  };
  return (
    <section
      ref={box}
      className="alternatives"
      data-testid="alternatives"
      aria-label={words.label}
      tabIndex={-1}
      style={{ left: place?.left ?? 0, top: place?.top ?? 0, visibility: place ? 'visible' : 'hidden' }}
      onPointerEnter={props.onEnter}
      onPointerLeave={props.onLeave}
      onKeyDown={(event) => moveFocus(box.current, event)}
    >
      <Heading token={token} rank={rank} />
      {count === 0 && index > 0 && <p className="muted">{words.waiting}</p>}
      <Choices choices={choices ?? []} current={token?.id} onChoose={choose} />
      {opening === 'touch' && (
        <button type="button" className="quiet" onClick={props.onEdit}>
          {words.edit}
        </button>
      )}
    </section>
  );
}
