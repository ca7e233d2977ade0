import { showToken } from '../../lib/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { Icon } from './icon.tsx';

/** The tokens that were ruled out by hand. */
export function Banned() {
  const page = usePage();
  const actions = useActions();
  const bias = usePageState((state) => state.settings.logitBias);
  const ids = Object.keys(bias).map(Number);
  const model = page.model();
  if (ids.length === 0) return null;
  const lift = (id: number) => {
    const { [id]: _gone, ...rest } = bias;
    actions.set({ logitBias: rest });
  };
  return (
    <section aria-label="Ruled out">
      <h3>Ruled out</h3>
      <ul className="row">
        {ids.map((id) => (
          <li key={id}>
            <button type="button" className="small" onClick={() => lift(id)}>
              <span className="visually-hidden">Allow again: </span>
              <bdi className="token-text">{model ? showToken(model.decode([id])) : id}</bdi>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
