import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { TokenAlternative } from '../../engine/index.ts';
import { formatProbability, showToken } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePage, usePageState } from '../hooks.tsx';
import { surprisal } from '../lib/shade.ts';
import type { TextToken } from '../state/document.ts';
import { likeliest } from '../state/reading.ts';
import { alternativesPerToken } from '../state/writing.ts';
import { Bar } from './bar.tsx';

const width = 296;
const margin = 8;

interface Place {
  left: number;
  top: number;
}

/** Where the list goes: under the token, above it when there is no room, always inside the window. */
function placeAt(frame: HTMLElement, index: number, height: number): Place {
  const token = frame.querySelector(`.token-layer [data-i="${index}"]`);
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

/** What could come at the end of the text: read off the logits rather than kept with a token. */
function useNextAlternatives(wanted: boolean): readonly TokenAlternative[] | null {
  const page = usePage();
  const next = usePageState((state) => state.next);
  const model = page.model();
  if (!wanted || !next || !model) return null;
  return likeliest(next.logits, alternativesPerToken).map((best) => ({
    ...best,
    text: model.decode([best.id]),
  }));
}

function Heading({ token, rank }: { token: TextToken | undefined; rank: number }) {
  if (!token) return <p className="alternatives-head">What could come next</p>;
  const known = token.logprob !== null && !Number.isNaN(token.logprob);
  return (
    <p className="alternatives-head">
      <bdi className="token-text">{showToken(token.text)}</bdi>
      {known ? (
        <span className="muted">
          {formatProbability(Math.exp(token.logprob ?? 0))} · {surprisal(token.logprob ?? 0).toFixed(1)} bits
          {rank > 0 ? ` · no. ${rank}` : ''}
        </span>
      ) : (
        <span className="muted">The first token: nothing is before it</span>
      )}
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

interface AlternativesProps {
  index: number;
  focused: boolean;
  frame: RefObject<HTMLElement | null>;
  onClose(): void;
  onEnter(): void;
  onLeave(): void;
}

/** What the model considered at one place. Choosing one branches the text there. */
export function Alternatives({ index, focused, frame, onClose, onEnter, onLeave }: AlternativesProps) {
  const actions = useActions();
  const box = useRef<HTMLElement>(null);
  const [place, setPlace] = useState<Place | null>(null);
  const token = useCurrentVersion().tokens[index];
  const next = useNextAlternatives(!token);
  const choices = token ? token.alternatives : next;
  const count = choices?.length ?? 0;
  const rank = token ? (choices ?? []).findIndex((choice) => choice.id === token.id) + 1 : 0;
  const most = Math.exp(choices?.[0]?.logprob ?? 0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: its height depends on how many choices there are
  useLayoutEffect(() => {
    if (frame.current && box.current) setPlace(placeAt(frame.current, index, box.current.offsetHeight));
  }, [frame, index, count]);

  // What is not placed yet is hidden, and cannot take the focus.
  const placed = place !== null;
  const some = count > 0;
  useEffect(() => {
    if (!focused || !placed) return;
    const first = some ? box.current?.querySelector<HTMLElement>('button.choice') : null;
    (first ?? box.current)?.focus();
  }, [focused, placed, some]);

  function onKeyDown(event: React.KeyboardEvent) {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    }
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const buttons = [...(box.current?.querySelectorAll<HTMLElement>('button.choice') ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLElement);
    buttons[(at + step + buttons.length) % buttons.length]?.focus();
  }

  return (
    <section
      ref={box}
      className="alternatives"
      data-testid="alternatives"
      aria-label="Alternatives"
      tabIndex={-1}
      style={{ left: place?.left ?? 0, top: place?.top ?? 0, visibility: place ? 'visible' : 'hidden' }}
      onPointerEnter={onEnter}
      onPointerLeave={onLeave}
      onKeyDown={onKeyDown}
    >
      <Heading token={token} rank={rank} />
      {count === 0 && index > 0 && <p className="muted">Asking the model …</p>}
      <ol className="choices">
        {choices?.map((choice) => (
          <Choice
            key={choice.id}
            choice={choice}
            most={most}
            current={choice.id === token?.id}
            onChoose={() => {
              onClose();
              void actions.branch(index, choice);
            }}
          />
        ))}
      </ol>
    </section>
  );
}
