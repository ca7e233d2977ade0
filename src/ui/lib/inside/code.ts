import { editsCode } from '../../state/inside-code.ts';
import type { InsideState, InsideTab } from '../../state/inside-types.ts';
import type { Changes } from '../../state/model-changes.ts';
import type { PageData } from '../../state/page-state.ts';
import { currentVersion } from '../../state/selectors.ts';
import { pinnedModel, readHub } from '../../state/share.ts';

const json = (value: unknown) => JSON.stringify(value);

/** Lines that find what a view shows; `ids` are the text. */
type Lines = (inside: InsideState) => string[];

function pair({ answers }: InsideState, question: 'ablation' | 'attribution' | 'patch'): string {
  const { target = 0, foil = 0 } = answers[question]?.value ?? {};
  return `target: ${target}, foil: ${foil}`;
}

function withChanges(changes: Changes): string[] {
  const edits = editsCode(changes);
  const options = edits.length > 0 ? '{ edits }' : '{}';
  return [
    ...edits,
    `const { logits } = await model.run(ids, ${options});`,
    'console.log(logits);',
    "let text = '';",
    `for await (const token of model.generate(ids, ${options})) text += token.text;`,
    'console.log(text);',
  ];
}

const lines: Record<InsideTab, Lines> = {
  attention: () => [
    'const { attention } = await model.inspect(ids, { attention: true });',
    'const scores = await model.heads(ids);',
    'console.log(attention, scores);',
  ],
  lens: () => [
    'const { logitLens } = await model.inspect(ids, { logitLens: { top: 5 } });',
    'console.log(logitLens);',
  ],
  off: (inside) =>
    inside.answers.ablation && inside.off.length === 0
      ? [`console.log(await model.ablate(ids, { ${pair(inside, 'ablation')} }));`]
      : withChanges({ off: inside.off, steering: null }),
  patch: (inside) => [
    'const grid = await model.patch({',
    `  clean: ${json(inside.clean)},`,
    '  corrupted: ids,',
    `  sites: ${json(inside.sites)}, ${pair(inside, 'patch')},`,
    '});',
    'console.log(grid);',
  ],
  attribute: (inside) => [`console.log(await model.attribution(ids, { ${pair(inside, 'attribution')} }));`],
  steer: ({ off, steering }) => withChanges({ off, steering }),
};

/**
 * The program that finds what the open view shows with the library, as an ES module to paste.
 * @param base the page's own address; `vitrine.js` is beside it
 */
export function writeInsideCode(base: string, state: PageData): string {
  const { model, inside } = state;
  if (!model) return '';
  const hub = readHub(new URL(base).search);
  const options = json({ dtype: model.dtype, ...(hub && { hub }) });
  const ids = currentVersion(state).tokens.map(({ id }) => id);
  return [
    `import { loadModel } from ${json(new URL('vitrine.js', base).href)};`,
    '',
    `const model = await loadModel(${json(pinnedModel({ model: model.id, revision: model.revision }))}, ${options});`,
    `const ids = ${json(ids.slice(-model.config.nPositions))};`,
    ...lines[inside.tab](inside),
    'model.dispose();',
    '',
  ].join('\n');
}
