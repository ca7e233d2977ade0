import { useId, useState } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import type { Steering } from '../../state/model-changes.ts';
import { Icon } from '../icon.tsx';

const words = insideMessages.steer;

function SaveForm({ possible }: { possible: boolean }) {
  const { saveSteering } = useActions();
  const [name, setName] = useState('');
  const id = useId();
  return (
    <form
      className="row steer-save"
      onSubmit={(event) => {
        event.preventDefault();
        saveSteering(name.trim());
        setName('');
      }}
    >
      <label htmlFor={id}>{words.name}</label>
      <input id={id} className="grow" value={name} onChange={(event) => setName(event.target.value)} />
      <button type="submit" disabled={!possible || name.trim() === ''}>
        {words.save}
      </button>
    </form>
  );
}

/** Directions that were given a name: saved, used again, forgotten. */
export function SavedDirections({ possible }: { possible: boolean }) {
  const { setInside, forgetSteering } = useActions();
  const saved = usePageState((state) => state.savedSteering);
  const layers = usePageState((state) => state.model?.config.nLayer ?? 1);
  const use = (steering: Steering) =>
    setInside({ steering: { ...steering, layer: Math.min(steering.layer, layers - 1) }, written: null });
  return (
    <>
      <SaveForm possible={possible} />
      <ul className="row steer-saved" aria-label={words.saved} hidden={saved.length === 0}>
        {saved.map(({ name, ...steering }) => (
          <li key={name}>
            <button type="button" className="small" onClick={() => use(steering)}>
              {name}
            </button>
            <button
              type="button"
              className="quiet tiny"
              aria-label={words.forget(name)}
              onClick={() => forgetSteering(name)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
