import type { PatchSites } from '../../../engine/index.ts';
import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';

const words = insideMessages.patch;
const sites = Object.keys(words.sites) as PatchSites[];

/** What is put from one text into the other. */
export function SiteChoice() {
  const { setInside } = useActions();
  const chosen = usePageState((state) => state.inside.sites);
  return (
    <fieldset className="row site-choice">
      <legend className="visually-hidden">{words.kinds}</legend>
      {sites.map((site) => (
        <button
          key={site}
          type="button"
          className="quiet small"
          aria-pressed={site === chosen}
          onClick={() => setInside({ sites: site, cell: null })}
        >
          {words.sites[site]}
        </button>
      ))}
    </fieldset>
  );
}
