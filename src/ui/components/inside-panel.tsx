import { useState } from 'react';
import type { Inspection } from '../../engine/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { AttentionView } from './attention-view.tsx';
import { LogitLens } from './logit-lens.tsx';
import { Slider } from './slider.tsx';

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
      {shortened && <p className="muted">Only the last {mostTokens} tokens, read on their own.</p>}
      <Slider label="From token" value={at} max={texts.length - 1} onChange={setAt} />
      {inspection.attention && (
        <section aria-labelledby="attention-title">
          <h3 id="attention-title">Attention</h3>
          <p className="explain">The stronger the shade, the more this head takes from that token.</p>
          <Slider label="Layer" value={layer} max={layers - 1} onChange={setLayer} />
          <Slider label="Head" value={head} max={heads - 1} onChange={setHead} />
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
          <h3 id="lens-title">What each layer would say next</h3>
          <p className="explain">The head of the model, put on the residual stream after every layer.</p>
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
      <h2>Inside</h2>
      <div className="row">
        <button type="button" disabled={!ready || busy || empty} onClick={() => void look()}>
          {busy ? 'Looking …' : view ? 'Look again' : 'Look inside this text'}
        </button>
      </div>
      {view ? (
        <Insides key={view.texts.length} view={view} />
      ) : (
        <p className="muted">
          Which tokens each head attends to, and what the model would have said after every layer.
        </p>
      )}
    </div>
  );
}
