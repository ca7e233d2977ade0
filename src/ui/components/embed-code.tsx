import { useId, useState } from 'react';
import { messages } from '../messages/index.ts';
import { type EmbedLook, embedColours, resizeScript, type Shared, writeEmbed } from '../state/share.ts';
import { writeCode } from '../state/share-code.ts';
import { CopyButton } from './copy-button.tsx';

const words = messages.share;

interface LookProps {
  look: EmbedLook;
  onLook(look: EmbedLook): void;
}

/** How the demo is to look on the other page. */
function Look({ look, onLook }: LookProps) {
  const id = useId();
  return (
    <div className="row">
      <label htmlFor={id}>{words.colours}</label>
      <select
        id={id}
        value={look.colours}
        onChange={(event) => onLook({ ...look, colours: event.target.value as EmbedLook['colours'] })}
      >
        {embedColours.map((colours) => (
          <option key={colours} value={colours}>
            {words.colourNames[colours]}
          </option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={look.inside}
          onChange={(event) => onLook({ ...look, inside: event.target.checked })}
        />
        {words.embedInside}
      </label>
    </div>
  );
}

/** HTML to paste into another page, and the library's code. */
export function EmbedCode({ what }: { what: Shared }) {
  const id = useId();
  const [look, setLook] = useState<EmbedLook>({ colours: 'light', inside: false });
  const { element, frame } = writeEmbed(location.href, what, look);
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{words.embedTitle}</h3>
      <p className="muted">{words.embedExplain}</p>
      <Look look={look} onLook={setLook} />
      <textarea
        className="code"
        readOnly
        rows={6}
        spellCheck={false}
        value={element}
        aria-label={words.embedCode}
        data-testid="embed-code"
      />
      <div className="row">
        <CopyButton text={() => element} name={words.copyElement} />
        <CopyButton text={() => frame} name={words.copyFrame} />
        <CopyButton text={() => resizeScript} name={words.copyResize} />
        <CopyButton text={() => writeCode(location.href, what)} name={words.copyCode} />
      </div>
    </section>
  );
}
