import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon, type IconName } from './icon.tsx';
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

interface SwitchProps {
  icon: IconName;
  name: string;
  title: string;
  on: boolean;
  onSwitch(on: boolean): void;
}

function Switch({ icon, name, title, on, onSwitch }: SwitchProps) {
  return (
    <button
      type="button"
      className="quiet small"
      aria-pressed={on}
      onClick={() => onSwitch(!on)}
      {...{ title }}
    >
      <Icon name={icon} /> {name}
    </button>
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
        <Switch icon="chips" {...words.chips} on={chips} onSwitch={actions.setChips} />
        <Switch icon="shade" {...words.shading} on={shaded} onSwitch={actions.setShaded} />
      </div>
    </div>
  );
}
