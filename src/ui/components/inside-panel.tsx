import { useState } from 'react';
import type { Inspection } from '../../engine/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { AttentionView } from './attention-view.tsx';
import { LogitLens } from './logit-lens.tsx';
import { Slider } from './slider.tsx';

const words = messages.inside;

/** A view of more tokens than this says nothing, and its attention weights would fill the memory. */
const mostTokens = 96;

interface View {
  inspection: Inspection;
  /** Text of each token that was looked into. */
  texts: string[];
  /** True when only the end of the text was looked into, read on its own. */
  shortened: boolean;
}

function useView() {
  const actions = useActions();
  const { tokens } = useCurrentVersion();
  const [view, setView] = useState<View | null>(null);
  const [busy, setBusy] = useState(false);
  const look = async () => {
    const part = tokens.slice(-mostTokens);
    setBusy(true);
    const inspection = await actions.inside(part.map((token) => token.id));
    setBusy(false);
    const texts = part.map((token) => token.text);
    setView(inspection && { inspection, texts, shortened: part.length < tokens.length });
  };
  return { view, busy, look, empty: tokens.length === 0 };
}

function Insides({ view }: { view: View }) {
  const { inspection, texts, shortened } = view;
  const [at, setAt] = useState(texts.length - 1);
  const [layer, setLayer] = useState(0);
  const [head, setHead] = useState(0);
  const layers = inspection.attention?.length ?? 0;
  const heads = inspection.attention?.[0]?.length ?? 0;
  return (
    <>
      {shortened && <p className="muted">{words.cropped(mostTokens)}</p>}
      <Slider label={words.from} value={at} max={texts.length - 1} onChange={setAt} />
      {inspection.attention && (
        <section aria-labelledby="attention-title">
          <h3 id="attention-title">{words.attention}</h3>
          <p className="explain">{words.attentionExplain}</p>
          <Slider label={words.layer} value={layer} max={layers - 1} onChange={setLayer} />
          <Slider label={words.head} value={head} max={heads - 1} onChange={setHead} />
          <AttentionView
            weights={inspection.attention[layer]?.[head] ?? new Float32Array()}
            texts={texts}
            from={at}
            onFrom={setAt}
          />
        </section>
      )}
      {inspection.logitLens && (
        <section aria-labelledby="lens-title">
          <h3 id="lens-title">{words.lens}</h3>
          <p className="explain">{words.lensExplain}</p>
          <LogitLens lens={inspection.logitLens} at={at} />
        </section>
      )}
    </>
  );
}

/** Attention and logit lens of the text as it stands. */
export function InsidePanel() {
  const { view, busy, look, empty } = useView();
  const ready = usePageState((state) => state.phase === 'ready');
  return (
    <div className="panel" data-testid="inside">
      <h2>{words.title}</h2>
      <div className="row">
        <button type="button" disabled={!ready || busy || empty} onClick={() => void look()}>
          {busy ? words.busy : view ? words.again : words.look}
        </button>
      </div>
      {view ? <Insides key={view.texts.length} view={view} /> : <p className="muted">{words.explain}</p>}
    </div>
  );
}
