import type { CSSProperties } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { effectOf, partsOf, signed } from '../../lib/inside/grids.ts';
import { insideMessages } from '../../messages/inside.ts';
import { partName, samePart } from '../../state/inside-changes.ts';
import type { Answers } from '../../state/inside-types.ts';
import type { Part } from '../../state/model-changes.ts';
import { onGridKey } from './grid-keys.ts';

const words = insideMessages.off;

type Effects = Answers['ablation'];

export function labelOf({ layer, part }: Part): string {
  if (part === 'attn' || part === 'mlp') return words.part[part](layer);
  return insideMessages.head(partName({ layer, part }));
}

interface PartButtonProps {
  part: Part;
  off: boolean;
  effect: number | undefined;
  /** The largest effect of all: what the shades are relative to. */
  most: number;
  first: boolean;
}

function PartButton({ part, off, effect, most, first }: PartButtonProps) {
  const { togglePart } = useActions();
  const known = effect !== undefined;
  const share = known ? Math.round(Math.min(1, Math.abs(effect) / most) * 42) : 0;
  const style = { '--share': `${share}%` } as CSSProperties;
  const text = known ? signed(effect) : typeof part.part === 'number' ? partName(part) : words[part.part];
  return (
    <button
      type="button"
      className="part"
      data-cell
      data-sign={known ? (effect < 0 ? 'down' : 'up') : undefined}
      aria-pressed={off}
      tabIndex={first ? 0 : -1}
      aria-label={labelOf(part) + (known ? words.effect(signed(effect)) : '') + (off ? words.isOff : '')}
      title={labelOf(part)}
      style={style}
      onClick={() => togglePart(part)}
    >
      {text}
    </button>
  );
}

function ColumnHeads({ kinds }: { kinds: readonly Part['part'][] }) {
  const heads = kinds.map((kind) => (
    <span key={kind} className="part-head" aria-hidden="true">
      {typeof kind === 'number' ? kind : words[kind]}
    </span>
  ));
  return [<span key="corner" />, ...heads];
}

/** All heads, attentions and MLPs, to be switched off and on. */
export function PartGrid({ effects }: { effects: Effects | undefined }) {
  const config = usePageState((state) => state.model?.config);
  const off = usePageState((state) => state.inside.off);
  if (!config) return null;
  const kinds = partsOf(config.nHead);
  const rows = Array.from({ length: config.nLayer }, (_, layer) =>
    kinds.map((part): Part => ({ layer, part })),
  );
  const all = effects ? rows.flat().map((part) => Math.abs(effectOf(effects, part))) : [];
  const most = Math.max(...all, 1e-9);
  return (
    <fieldset className="part-grid">
      <legend className="visually-hidden">{words.grid}</legend>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows move among the buttons inside */}
      <div
        style={{ gridTemplateColumns: `auto repeat(${kinds.length}, minmax(2.6rem, 4.2rem))` }}
        onKeyDown={(event) => onGridKey(event, config.nLayer, kinds.length)}
      >
        <ColumnHeads kinds={kinds} />
        {rows.map((parts, layer) => [
          // biome-ignore lint/suspicious/noArrayIndexKey: a layer is its number
          <span key={`layer-${layer}`} className="part-layer" aria-hidden="true">
            {words.layer(layer)}
          </span>,
          ...parts.map((part) => (
            <PartButton
              key={partName(part)}
              part={part}
              off={off.some((other) => samePart(other, part))}
              effect={effects && effectOf(effects, part)}
              most={most}
              first={layer === 0 && part.part === 0}
            />
          )),
        ])}
      </div>
    </fieldset>
  );
}
