import { useId } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';

const words = insideMessages.pair;

interface TokenFieldProps {
  name: 'target' | 'foil';
  placeholder: string;
}

/** One of the two tokens; empty is the placeholder's. */
function TokenField({ name, placeholder }: TokenFieldProps) {
  const { setInside } = useActions();
  const value = usePageState((state) => state.inside[name]);
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{words[name]}</label>
      <input
        {...{ id, value, placeholder }}
        spellCheck={false}
        autoCapitalize="off"
        onChange={(event) => setInside({ [name]: event.target.value })}
      />
    </>
  );
}

/** The two tokens that a measure compares. */
export function PairFields() {
  return (
    <div className="pair-fields">
      <TokenField name="target" placeholder={words.auto} />
      <TokenField name="foil" placeholder={words.autoFoil} />
      <p className="muted">{words.explain}</p>
    </div>
  );
}
