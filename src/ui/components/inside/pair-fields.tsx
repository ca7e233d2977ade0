import { useId } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';

const words = insideMessages.pair;

/** The two tokens that a measure compares. */
export function PairFields() {
  const { setInside } = useActions();
  const target = usePageState((state) => state.inside.target);
  const foil = usePageState((state) => state.inside.foil);
  const id = useId();
  return (
    <div className="pair-fields">
      <label htmlFor={`${id}-target`}>{words.target}</label>
      <input
        id={`${id}-target`}
        value={target}
        placeholder={words.auto}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setInside({ target: event.target.value })}
      />
      <label htmlFor={`${id}-foil`}>{words.foil}</label>
      <input
        id={`${id}-foil`}
        value={foil}
        placeholder={words.autoFoil}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setInside({ foil: event.target.value })}
      />
      <p className="muted">{words.explain}</p>
    </div>
  );
}
