import { useEffect, useMemo, useState } from 'react';
import type { Inspection } from '../../../engine/index.ts';
import { useActions, usePageState } from '../../hooks.tsx';
import { headName } from '../../lib/inside/grids.ts';
import { insideMessages as words } from '../../messages/inside.ts';
import { inspectedAmong } from '../../state/attention-look.ts';
import { attentionBytes } from '../../state/inside-questions.ts';
import type { Answer } from '../../state/inside-types.ts';
import { strongestHead } from '../../state/strongest-head.ts';
import { AttentionText } from './attention-text.tsx';
import { Freshness, Lead } from './freshness.tsx';
import { HeadGrid } from './head-grid.tsx';
import { LookedAt } from './looked-at.tsx';
import { useAnswer } from './use-answer.ts';

type View = Answer<'view'> & { attention: NonNullable<Inspection['attention']> };

/** One head on the text, and all of them as pictures. */
function Heads({ ids, texts, value, attention }: View) {
  const { setInside } = useActions();
  const chosen = usePageState((state) => state.inside.head);
  const from = usePageState((state) => state.inside.from);
  const [hovered, setHovered] = useState<number | null>(null);
  const inSheet = usePageState((state) => inspectedAmong(ids, state));
  const size = texts.length;
  const last = size - 1;
  const writing = usePageState((state) => state.phase === 'generating');
  const head = useMemo(() => chosen ?? strongestHead(attention, size), [chosen, attention, size]);
  // Of a text that goes on, another head may be the strongest at every look.
  useEffect(() => {
    if (writing && !chosen) setInside({ head });
  }, [writing, chosen, head, setInside]);
  const weights = attention[head.layer]?.[head.head] ?? new Float32Array();
  const at = hovered !== null && hovered <= last ? hovered : (inSheet ?? Math.min(from ?? last, last));
  const row = weights.subarray(at * size, at * size + size);
  const choose = (index: number) => setInside({ from: index === last ? null : index });
  return (
    <>
      <div className="inside-split">
        <AttentionText texts={texts} row={row} at={at} onHover={setHovered} onChoose={choose} />
        <LookedAt head={headName(head)} texts={texts} row={row} at={at} />
      </div>
      <HeadGrid
        attention={attention}
        size={size}
        own={value.scores}
        head={head}
        onHead={(next) => setInside({ head: next })}
      />
    </>
  );
}

/** Where every head looks: on the text itself for one of them, and all of them as pictures. */
export function AttentionTab() {
  const asked = useAnswer('view');
  const config = usePageState((state) => state.model?.config);
  const { answer } = asked;
  if (!answer || !config) return <Freshness asked={asked} />;
  const { attention } = answer.value;
  if (!attention) {
    const megabytes = Math.round(attentionBytes(config, answer.texts.length) / 1e6);
    return <p className="muted">{words.tooLong(megabytes)}</p>;
  }
  return (
    <>
      <Lead asked={asked} text={words.attention.explain} />
      <Heads {...answer} attention={attention} />
    </>
  );
}
