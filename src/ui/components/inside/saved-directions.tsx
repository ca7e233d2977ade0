import { useId, useState } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import { Icon } from '../icon.tsx';

const words = insideMessages.steer;

/** Directions that were given a name: saved, used again, forgotten. */
export function SavedDirections({ possible }: { possible: boolean }) {
  const { setInside, saveSteering, forgetSteering } = useActions();
  const saved = usePageState((state) => state.savedSteering);
  const layers = usePageState((state) => state.model?.config.nLayer ?? 1);
  const [name, setName] = useState('');
  const id = useId();
  return (
    <>
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
      {saved.length > 0 && (
        <ul className="row steer-saved" aria-label={words.saved}>
          {saved.map(({ name: known, ...steering }) => (
            <li key={known}>
              <button
                type="button"
                className="small"
                onClick={() =>
                  setInside({
                    steering: { ...steering, layer: Math.min(steering.layer, layers - 1) },
                    written: null,
                  })
                }
              >
                {known}
              </button>
              <button
                type="button"
                className="quiet tiny"
                aria-label={words.forget(known)}
                onClick={() => forgetSteering(known)}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
