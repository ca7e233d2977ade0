import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon } from './icon.tsx';
import { useLeads } from './use-comparison.ts';

const words = messages.view;

/** What the two colours of a comparison mean. */
function ComparisonLegend() {
  const { legend, legendFirst, legendSecond } = messages.second;
  return (
    <div className="shade-legend">
      <span>{legend}</span>
      <ul>
        <li data-lead={-3}>{legendFirst}</li>
        <li data-lead={3}>{legendSecond}</li>
      </ul>
    </div>
  );
}

/** What the shades behind the tokens mean. */
function Legend() {
  return (
    <div className="shade-legend">
      <span>{words.legend}</span>
      <ul>
        {words.shades.map((bound, shade) => (
          <li key={bound} data-shade={shade || undefined}>
            {bound}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** How the text is shown, and what its shades mean. */
export function ViewBar() {
  const actions = useActions();
  const shaded = usePageState((state) => state.shaded);
  const chips = usePageState((state) => state.chips);
  const compared = useLeads() !== null;
  return (
    <div className="view-bar">
      {shaded && (compared ? <ComparisonLegend /> : <Legend />)}
      <div className="push view-switches">
        <button
          type="button"
          className="quiet small"
          aria-pressed={chips}
          onClick={() => actions.setChips(!chips)}
          title={words.chipsTitle}
        >
          <Icon name="chips" /> {words.chips}
        </button>
        <button
          type="button"
          className="quiet small"
          aria-pressed={shaded}
          onClick={() => actions.setShaded(!shaded)}
          title={words.shadingTitle}
        >
          <Icon name="shade" /> {words.shading}
        </button>
      </div>
    </div>
  );
}
