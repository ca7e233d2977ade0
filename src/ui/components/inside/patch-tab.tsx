import { useId, useMemo, useState } from 'react';
import { showToken } from '../../../lib/index.ts';
import { useActions, usePage, usePageState } from '../../hooks.tsx';
import { type Cell, type Grid, headName, patchGrid, signed } from '../../lib/inside/grids.ts';
import { insideMessages } from '../../messages/inside.ts';
import { versionText } from '../../state/document.ts';
import type { Answer } from '../../state/inside-types.ts';
import { currentVersion } from '../../state/selectors.ts';
import { AlignedTexts } from './aligned-texts.tsx';
import { Freshness, Lead } from './freshness.tsx';
import { HeatMap } from './heat-map.tsx';
import { OddsBars } from './odds-bars.tsx';
import { PairFields } from './pair-fields.tsx';
import { SiteChoice } from './site-choice.tsx';
import { useAnswer } from './use-answer.ts';

const words = insideMessages.patch;

/** What a cell is, and how much it brings back. */
function cellText({ value }: Answer<'patch'>, grid: Grid, { row, column }: Cell): string {
  const share = grid.text(row, column);
  if (value.sites === 'heads')
    return `${insideMessages.head(headName({ layer: row, head: column }))}: ${share}`;
  return words.cell(row, grid.columnLabels[column] ?? '', share);
}

/** The grid, and beside it the run of a cell where the grid is of the texts as they are. */
function Grids({ answer, current }: { answer: Answer<'patch'>; current: boolean }) {
  const actions = useActions();
  const grid = useMemo(() => patchGrid(answer), [answer]);
  // That of a link may lie outside the texts.
  const cell = usePageState(({ inside: { cell: chosen } }) =>
    chosen && chosen.column < grid.columnLabels.length ? chosen : null,
  );
  const patched = useAnswer('patched', current && cell !== null);
  const { value } = answer;
  const at = cell ?? { row: 0, column: 0 };
  const said = cellText(answer, grid, at);
  return (
    <>
      <p className="muted">
        {words.figures(
          showToken(value.targetText),
          showToken(value.foilText),
          signed(value.clean),
          signed(value.corrupted),
        )}
      </p>
      <HeatMap
        label={words.map}
        grid={grid}
        at={at}
        said={said}
        onChoose={(next) => {
          actions.setInside({ cell: next });
          if (current) void actions.ask('patched');
        }}
      />
      {current && cell && (
        <>
          <Lead asked={patched} text={said} />
          <OddsBars odds={patched.answer?.value} />
        </>
      )}
      {current && !cell && <p className="muted">{words.see}</p>}
    </>
  );
}

/** The text whose activations are put into this one. */
function OtherText({ clean }: { clean: string }) {
  const { setInside } = useActions();
  const { store } = usePage();
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{words.other}</label>
      <textarea
        id={id}
        className="field"
        rows={2}
        value={clean}
        placeholder={words.placeholder}
        onChange={(event) => setInside({ clean: event.target.value, cell: null })}
      />
      <div className="row">
        <button
          type="button"
          className="small"
          onClick={() => setInside({ clean: versionText(currentVersion(store.getState())), cell: null })}
        >
          {words.copy}
        </button>
      </div>
    </>
  );
}

/** Two texts compared by putting activations of one into the other. */
export function PatchTab() {
  const clean = usePageState((state) => state.inside.clean);
  const ready = usePageState((state) => state.phase === 'ready');
  const [aligned, setAligned] = useState(false);
  // A cell without a grid comes from a link.
  const linked = usePageState(({ inside }) => inside.cell !== null && !inside.answers.patch);
  const asked = useAnswer('patch', linked && aligned);
  return (
    <>
      <p className="explain">{words.explain}</p>
      <section>
        <OtherText clean={clean} />
        <AlignedTexts clean={clean} onAligned={setAligned} />
        <PairFields />
        <SiteChoice />
        <div className="row">
          <button type="button" disabled={!ready || !aligned || asked.busy} onClick={asked.ask}>
            {words.run}
          </button>
          <Freshness asked={asked} possible={aligned} />
        </div>
      </section>
      {asked.answer && <Grids answer={asked.answer} current={asked.current} />}
    </>
  );
}
