import { useId } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import { changesAnything } from '../../state/inside-changes.ts';
import type { Steering } from '../../state/model-changes.ts';
import { Lead } from './freshness.tsx';
import { OddsBars } from './odds-bars.tsx';
import { SavedDirections } from './saved-directions.tsx';
import { useAnswer } from './use-answer.ts';
import { Written } from './written.tsx';

const words = insideMessages.steer;
const mostStrength = 4;

interface FieldsProps {
  steering: Steering;
  layers: number;
  onChange(change: Partial<Steering>): void;
}

function Texts({ steering, layers, onChange }: FieldsProps) {
  const id = useId();
  const empty = steering.plus === '' && steering.minus === '';
  return (
    <>
      {(['plus', 'minus'] as const).map((side) => (
        <div key={side} className="steer-text" data-side={side}>
          <label htmlFor={`${id}-${side}`}>{words[side]}</label>
          <textarea
            id={`${id}-${side}`}
            className="field"
            rows={2}
            value={steering[side]}
            onChange={(event) => onChange({ [side]: event.target.value })}
          />
        </div>
      ))}
      {empty && (
        <button
          type="button"
          className="small steer-example"
          onClick={() =>
            onChange({
              plus: words.plusExample,
              minus: words.minusExample,
              layer: Math.floor(layers / 3),
              strength: steering.strength || 1.5,
            })
          }
        >
          {words.example}
        </button>
      )}
    </>
  );
}

function Sliders({ steering, layers, onChange }: FieldsProps) {
  const id = useId();
  return (
    <>
      <div className="slider">
        <label htmlFor={`${id}-layer`}>{words.layer}</label>
        <input
          id={`${id}-layer`}
          type="range"
          min={0}
          max={layers - 1}
          value={steering.layer}
          onChange={(event) => onChange({ layer: Number(event.target.value) })}
        />
        <output htmlFor={`${id}-layer`} className="figure-number">
          {steering.layer}
        </output>
      </div>
      <div className="slider">
        <label htmlFor={`${id}-strength`}>{words.strength}</label>
        <input
          id={`${id}-strength`}
          type="range"
          min={-mostStrength}
          max={mostStrength}
          step={0.1}
          value={steering.strength}
          onChange={(event) => onChange({ strength: Number(event.target.value) })}
        />
        <output htmlFor={`${id}-strength`} className="figure-number">
          {steering.strength.toFixed(1)}
        </output>
      </div>
    </>
  );
}

/** A direction from two texts, pushed along while the model reads and writes. */
export function SteerTab() {
  const { setInside } = useActions();
  const steering = usePageState((state) => state.inside.steering);
  const off = usePageState((state) => state.inside.off);
  const layers = usePageState((state) => state.model?.config.nLayer ?? 1);
  const odds = useAnswer('odds');
  const change = (some: Partial<Steering>) =>
    setInside({ steering: { ...steering, ...some }, written: null });
  const steers = changesAnything({ off: [], steering });
  return (
    <>
      <Lead asked={odds} text={words.explain} />
      <div className="inside-split">
        <section className="steer-fields">
          <Texts steering={steering} layers={layers} onChange={change} />
          <Sliders steering={steering} layers={layers} onChange={change} />
          {!steers && <p className="muted">{words.hint}</p>}
          {off.length > 0 && <p className="muted">{insideMessages.off.count(off.length)}</p>}
          <SavedDirections possible={steers} />
        </section>
        <OddsBars odds={odds.answer?.value} />
      </div>
      <Written changes={{ off, steering }} />
    </>
  );
}
