import { useActions, usePage, usePageState } from '../../hooks.tsx';
import { saveFile } from '../../lib/download.ts';
import { csvOf } from '../../lib/export-csv.ts';
import { type NamedArray, toNpy, toSafetensors } from '../../lib/inside/arrays.ts';
import { writeInsideCode } from '../../lib/inside/code.ts';
import { type Finding, findingOf } from '../../lib/inside/finding.ts';
import { pngOf } from '../../lib/inside/picture.ts';
import { insideMessages } from '../../messages/inside.ts';
import { CopyButton } from '../copy-button.tsx';

const words = insideMessages.save;

type Kind = 'npy' | 'safetensors' | 'csv' | 'svg' | 'png';

/** How each kind of file is made of what was found. */
const makers: Record<Kind, (finding: Finding) => Blob | Promise<Blob>> = {
  npy: ({ arrays }) => toNpy(arrays()[0] as NamedArray),
  safetensors: ({ arrays }) => toSafetensors(arrays()),
  csv: ({ columns, rows }) => new Blob([csvOf(columns, rows())], { type: 'text/csv' }),
  svg: (finding) => new Blob([finding.picture()], { type: 'image/svg+xml' }),
  png: (finding) => pngOf(finding.picture()),
};

/** What the open view shows, out of the page: as numbers, as a table, as a picture, as a program. */
export function SaveRow() {
  const { store, decode } = usePage();
  const { setInside } = useActions();
  const found = usePageState((state) => findingOf(state, decode) !== null);
  async function save(kind: Kind) {
    const finding = findingOf(store.getState(), decode);
    if (!finding) return;
    try {
      saveFile(await makers[kind](finding), `${finding.name}.${kind}`);
    } catch (error) {
      setInside({ problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return (
    <fieldset className="row save-row">
      <legend className="visually-hidden">{words.legend}</legend>
      <span className="muted" aria-hidden="true">
        {words.legend}
      </span>
      {(Object.keys(makers) as Kind[]).map((kind) => (
        <button key={kind} type="button" className="small" disabled={!found} onClick={() => void save(kind)}>
          {words.kinds[kind]}
        </button>
      ))}
      <CopyButton text={() => writeInsideCode(location.href, store.getState())} name={words.code} />
    </fieldset>
  );
}
