import { showToken } from '../../../lib/index.ts';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import { Freshness, Lead } from './freshness.tsx';
import { OddsBars } from './odds-bars.tsx';
import { PairFields } from './pair-fields.tsx';
import { PartGrid } from './part-grid.tsx';
import { useAnswer } from './use-answer.ts';
import { Written } from './written.tsx';

const words = insideMessages.off;

/** Parts of the model switched off and on, and what that does to the next token and to the text. */
export function OffTab() {
  const { setInside } = useActions();
  const off = usePageState((state) => state.inside.off);
  const odds = useAnswer('odds');
  const ablation = useAnswer('ablation', false);
  const ready = usePageState((state) => state.phase === 'ready');
  const effects = ablation.current ? ablation.answer?.value : undefined;
  return (
    <>
      <Lead asked={odds} text={words.explain} />
      <div className="inside-split">
        <section>
          <PartGrid effects={effects} />
          <div className="row">
            <span className="muted">{off.length > 0 ? words.count(off.length) : words.none}</span>
            {off.length > 0 && (
              <button type="button" className="small" onClick={() => setInside({ off: [], written: null })}>
                {words.all}
              </button>
            )}
          </div>
          {effects && (
            <p className="explain">
              {words.legend(showToken(effects.targetText), showToken(effects.foilText))}
            </p>
          )}
          <PairFields />
          <div className="row">
            <button type="button" disabled={!ready || ablation.busy} onClick={ablation.ask}>
              {words.each}
            </button>
            <Freshness asked={ablation} />
          </div>
        </section>
        <OddsBars odds={odds.answer?.value} />
      </div>
      <Written changes={{ off, steering: null }} />
    </>
  );
}
