import { useState } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { attentionBytes } from '../state/device-slice.ts';
import { versionText } from '../state/document.ts';
import { strongestHead } from '../state/inside.ts';
import type { InsideView } from '../state/page-state.ts';
import { currentVersion, isInsideCurrent } from '../state/selectors.ts';
import { AttentionView } from './attention-view.tsx';
import { LogitLens } from './logit-lens.tsx';
import { Slider } from './slider.tsx';

const words = messages.inside;

function useLook() {
  const actions = useActions();
  const [busy, setBusy] = useState(false);
  const look = async () => {
    setBusy(true);
    await actions.inside();
    setBusy(false);
  };
  return { busy, look };
}

function Insides({ view }: { view: InsideView }) {
  const { inspection, texts } = view;
  const config = usePageState((state) => state.model?.config);
  const [at, setAt] = useState(texts.length - 1);
  const [{ layer, head }, setHead] = useState(() => strongestHead(inspection.attention ?? [], texts.length));
  const layers = inspection.attention?.length ?? 0;
  const heads = inspection.attention?.[0]?.length ?? 0;
  return (
    <>
      <Slider label={words.from} value={at} max={texts.length - 1} onChange={setAt} />
      {!inspection.attention && config && (
        <p className="muted">{words.tooLong(Math.round(attentionBytes(config, texts.length) / 1e6))}</p>
      )}
      {inspection.attention && (
        <section aria-labelledby="attention-title">
          <h3 id="attention-title">{words.attention}</h3>
          <p className="explain">{words.attentionExplain}</p>
          <Slider
            label={words.layer}
            value={layer}
            max={layers - 1}
            onChange={(next) => setHead({ layer: next, head })}
          />
          <Slider
            label={words.head}
            value={head}
            max={heads - 1}
            onChange={(next) => setHead({ layer, head: next })}
          />
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

/** Attention and logit lens of the text, as it was when somebody last looked. */
export function InsidePanel() {
  const { busy, look } = useLook();
  const view = usePageState((state) => state.insideView);
  const current = usePageState(isInsideCurrent);
  const ready = usePageState((state) => state.phase === 'ready');
  const empty = usePageState((state) => versionText(currentVersion(state)) === '');
  return (
    <div className="panel" data-testid="inside">
      <h2>{words.title}</h2>
      <div className="row">
        <button type="button" disabled={!ready || busy || empty} onClick={() => void look()}>
          {busy ? words.busy : view ? words.again : words.look}
        </button>
        <span className="muted" role="status">
          {view && !current && words.changed}
        </span>
      </div>
      {view ? <Insides key={view.texts.length} view={view} /> : <p className="muted">{words.explain}</p>}
    </div>
  );
}
