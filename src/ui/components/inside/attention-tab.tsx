import { useState } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { headName } from '../../lib/inside/grids.ts';
import { insideMessages as words } from '../../messages/inside.ts';
import { attentionBytes } from '../../state/inside-questions.ts';
import { strongestHead } from '../../state/strongest-head.ts';
import { AttentionText } from './attention-text.tsx';
import { Freshness, Lead } from './freshness.tsx';
import { HeadGrid } from './head-grid.tsx';
import { LookedAt } from './looked-at.tsx';
import { useAnswer } from './use-answer.ts';

/** Where every head looks: on the text itself for one of them, and all of them as pictures. */
export function AttentionTab() {
  const { setInside } = useActions();
  const asked = useAnswer('view');
  const chosen = usePageState((state) => state.inside.head);
  const from = usePageState((state) => state.inside.from);
  const config = usePageState((state) => state.model?.config);
  const [hovered, setHovered] = useState<number | null>(null);
  const { answer } = asked;
  if (!answer || !config) return <Freshness asked={asked} />;
  const { texts, value } = answer;
  const { attention, scores } = value;
  const size = texts.length;
  if (!attention)
    return <p className="muted">{words.tooLong(Math.round(attentionBytes(config, size) / 1e6))}</p>;
  const head = chosen ?? strongestHead(attention, size);
  const weights = attention[head.layer]?.[head.head] ?? new Float32Array();
  const last = size - 1;
  const pinned = from === null ? last : Math.min(from, last);
  const at = hovered !== null && hovered <= last ? hovered : pinned;
  const row = weights.subarray(at * size, at * size + size);
  return (
    <>
      <Lead asked={asked} text={words.attention.explain} />
      <div className="inside-split">
        <AttentionText
          texts={texts}
          row={row}
          at={at}
          onHover={setHovered}
          onChoose={(index) => setInside({ from: index === last ? null : index })}
        />
        <LookedAt head={headName(head)} texts={texts} row={row} at={at} />
      </div>
      <HeadGrid
        attention={attention}
        size={size}
        own={scores}
        head={head}
        onHead={(next) => setInside({ head: next })}
      />
    </>
  );
}
