import { showToken } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon } from './icon.tsx';

/** The tokens that were banned by hand. */
export function Banned() {
  const actions = useActions();
  const bias = usePageState((state) => state.settings.logitBias);
  const tokenText = usePageState((state) => state.model?.tokenText);
  const ids = Object.keys(bias).map(Number);
  if (ids.length === 0) return null;
  const allow = (id: number) => {
    const { [id]: _gone, ...rest } = bias;
    actions.set({ logitBias: rest });
  };
  return (
    <section aria-label={messages.banned.title}>
      <h3>{messages.banned.title}</h3>
      <ul className="row">
        {ids.map((id) => (
          <li key={id}>
            <button type="button" className="small" onClick={() => allow(id)}>
              <span className="visually-hidden">{messages.banned.allow}</span>
              <bdi className="token-text">{tokenText ? showToken(tokenText(id)) : id}</bdi>
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
