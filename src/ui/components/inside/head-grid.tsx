import { memo, useState } from 'react';
import type { HeadScores, Inspection } from '../../../engine/index.ts';
import { formatProbability } from '../../../lib/index.ts';
import { insideMessages } from '../../messages/inside.ts';
import { partName } from '../../state/inside-changes.ts';
import type { HeadAt } from '../../state/inside-types.ts';
import { onGridKey } from './grid-keys.ts';
import { Thumbnail } from './thumbnail.tsx';
import { useAnswer } from './use-answer.ts';

const words = insideMessages.attention;
const kinds = ['previousToken', 'duplicateToken', 'induction'] as const;

interface HeadButtonProps {
  layer: number;
  head: number;
  weights: Float32Array;
  size: number;
  /** 0 to 1, in the order of `kinds`. */
  scores: string;
  chosen: boolean;
  onHead(head: HeadAt): void;
}

const HeadButton = memo(function HeadButton(props: HeadButtonProps) {
  const { layer, head, weights, size, scores, chosen, onHead } = props;
  const name = partName({ layer, part: head });
  const values = scores.split(' ').map(Number);
  const said = kinds
    .map((kind, i) => `${words.scores[kind]} ${formatProbability(values[i] ?? 0)}`)
    .join(', ');
  return (
    <button
      type="button"
      className="head"
      data-cell
      aria-pressed={chosen}
      tabIndex={chosen ? 0 : -1}
      aria-label={words.thumbnail(name, said)}
      title={words.thumbnail(name, said)}
      onClick={() => onHead({ layer, head })}
      onFocus={(event) => event.currentTarget.matches(':focus-visible') && onHead({ layer, head })}
    >
      <Thumbnail weights={weights} size={size} />
      <span className="head-name">{name}</span>
      <span className="head-scores" aria-hidden="true">
        {values.map((value, i) => (
          <span key={kinds[i]} data-kind={kinds[i]}>
            <span style={{ transform: `scaleX(${Math.min(1, value)})` }} />
          </span>
        ))}
      </span>
    </button>
  );
});

function Legend({ random, onRandom }: { random: boolean; onRandom(random: boolean): void }) {
  return (
    <div className="head-legend">
      {kinds.map((kind) => (
        <span key={kind} data-kind={kind}>
          {words.scores[kind]}
        </span>
      ))}
      <span className="push row">
        <span className="muted">{words.scoresOn}</span>
        {[false, true].map((each) => (
          <button
            key={String(each)}
            type="button"
            className="quiet small"
            aria-pressed={each === random}
            onClick={() => onRandom(each)}
          >
            {each ? words.onRandom : words.onText}
          </button>
        ))}
      </span>
    </div>
  );
}

interface HeadGridProps {
  attention: NonNullable<Inspection['attention']>;
  size: number;
  /** Scores on the text. */
  own: HeadScores;
  head: HeadAt;
  onHead(head: HeadAt): void;
}

/** Every head of the model: where it looks as a picture, and what kind of head it is. */
export function HeadGrid({ attention, size, own, head, onHead }: HeadGridProps) {
  const [random, setRandom] = useState(false);
  const repeated = useAnswer('repeated', random);
  const scores = random && repeated.answer ? repeated.answer.value : own;
  const columns = attention[0]?.length ?? 0;
  return (
    <section className="heads">
      <h3>{words.heads}</h3>
      <p className="explain">
        {words.headsExplain} {insideMessages.counting}
      </p>
      <Legend random={random} onRandom={setRandom} />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move among the buttons inside */}
      <div
        className="head-grid"
        style={{ gridTemplateColumns: `repeat(${columns}, minmax(2.75rem, 7.5rem))` }}
        onKeyDown={(event) => onGridKey(event, attention.length, columns)}
      >
        {attention.flatMap((heads, layer) =>
          heads.map((weights, index) => (
            <HeadButton
              // biome-ignore lint/suspicious/noArrayIndexKey: a head is its number
              key={`${layer}.${index}`}
              layer={layer}
              head={index}
              weights={weights}
              size={size}
              scores={kinds.map((kind) => scores[kind][layer]?.[index] ?? 0).join(' ')}
              chosen={layer === head.layer && index === head.head}
              onHead={onHead}
            />
          )),
        )}
      </div>
    </section>
  );
}
