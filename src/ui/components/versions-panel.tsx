import { useMemo, useState } from 'react';
import { formatProbability } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePage, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { sharedPrefix, type Version, versionText } from '../state/document.ts';
import { buildTree, type TreeNode } from '../state/tree.ts';
import { Compare } from './compare.tsx';

const words = messages.versions;

const excerpt = 90;

function shorten(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  if (flat.length <= excerpt) return flat || words.empty;
  return `${flat.slice(0, excerpt / 2)} … ${flat.slice(-excerpt / 2)}`;
}

interface BranchProps {
  node: TreeNode;
  current: string;
  compared: string | null;
  onCompare(id: string | null): void;
}

function Leaf({ node, current, compared, onCompare }: BranchProps) {
  const actions = useActions();
  const id = node.versions[0] ?? '';
  const here = id === current;
  return (
    <div className="leaf-actions">
      {here ? (
        <span className="muted">{words.here}</span>
      ) : (
        <>
          <button type="button" className="link" onClick={() => actions.goTo(id)}>
            {words.go}
          </button>
          <button
            type="button"
            className="link"
            aria-pressed={compared === id}
            onClick={() => onCompare(compared === id ? null : id)}
          >
            {words.compare}
          </button>
          <button type="button" className="link" onClick={() => actions.removeVersion(id)}>
            {words.remove}
          </button>
        </>
      )}
    </div>
  );
}

function Branch(props: BranchProps) {
  const { node, current } = props;
  const through = node.versions.includes(current);
  return (
    <li className="branch" data-current={through || undefined}>
      <p className="branch-text" dir="auto">
        {shorten(node.text)}
      </p>
      {node.meanProbability !== null && (
        <p className="explain">{words.average(formatProbability(node.meanProbability))}</p>
      )}
      {node.children.length === 0 ? (
        <Leaf {...props} />
      ) : (
        <ul className="branches">
          {node.children.map((child) => (
            <Branch key={child.versions.join()} {...props} node={child} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Versions while nothing is being written; a tree that grew with every token would only flicker. */
function useRestingVersions(): readonly Version[] {
  const page = usePage();
  const [resting, setResting] = useState(() => page.store.getState().versions);
  const live = usePageState((state) => (state.phase === 'generating' ? null : state.versions));
  if (live && live !== resting) setResting(live);
  return live ?? resting;
}

/** The tree of everything written so far: forks where another token was chosen or another try was made. */
export function VersionsPanel() {
  const versions = useRestingVersions();
  const current = useCurrentVersion();
  const [compared, setCompared] = useState<string | null>(null);
  const tree = useMemo(() => buildTree(versions), [versions]);
  const other = versions.find((version) => version.id === compared && version.id !== current.id);
  return (
    <div className="panel">
      <h2>{words.title}</h2>
      <p className="muted">{words.explain}</p>
      {other && (
        <Compare
          shared={sharedPrefix(current.tokens, other.tokens)}
          here={current}
          there={other}
          onClose={() => setCompared(null)}
        />
      )}
      {versionText(current) === '' && tree.length === 0 ? (
        <p className="muted">{words.none}</p>
      ) : (
        <ul className="branches roots" data-testid="tree">
          {tree.map((node) => (
            <Branch
              key={node.versions.join()}
              node={node}
              current={current.id}
              compared={compared}
              onCompare={setCompared}
            />
          ))}
        </ul>
      )}
    </div>
  );
}
