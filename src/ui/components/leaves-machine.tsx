import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { bundledModel, requestFor } from '../state/load-request.ts';

const words = messages.server;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

/** Over the text for as long as a model on a server writes it: the one state in which text leaves the page. */
export function LeavesMachine() {
  const actions = useActions();
  const server = usePageState((state) => state.model?.server?.server);
  if (server === undefined) return null;
  return (
    <p className="leaves-machine" role="note" aria-label={words.label} data-testid="leaves-machine">
      {loopback.test(server) ? words.leavesPage : words.leaves}
      <bdi className="token-hub">{server}</bdi>
      {words.when}{' '}
      <button type="button" className="link" onClick={() => void actions.load(requestFor(bundledModel))}>
        {words.back}
      </button>
    </p>
  );
}
