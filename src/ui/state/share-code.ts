import { optionTable } from '../../generation/index.ts';
import { editsCode } from './inside-code.ts';
import { generateOptions } from './settings.ts';
import { pinnedModel, readHub, type Shared } from './share.ts';

/** Options that differ from what the library does without them. */
function changedOptions({ settings, seed }: Shared): Record<string, unknown> {
  const options = generateOptions(settings, seed ?? 0) as Record<string, unknown>;
  if (seed === null) delete options.seed;
  const isUsual = ([name, value]: [string, unknown]) => {
    const usual = (optionTable as Record<string, { default?: unknown }>)[name]?.default;
    const none = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
    return value === usual || none;
  };
  return Object.fromEntries(Object.entries(options).filter((entry) => !isUsual(entry)));
}

/**
 * The program that writes the same text with the library, as an ES module to paste.
 * @param base the page's own address; `vitrine.js` is beside it
 */
export function writeCode(base: string, what: Shared): string {
  const hub = readHub(new URL(base).search);
  const load = { ...(what.exact && { dtype: what.exact.dtype }), ...(hub && { hub }) };
  const given = Object.keys(load).length > 0 ? `, ${JSON.stringify(load)}` : '';
  const start = what.exact?.run || what.exact?.ids.length ? what.exact.ids : what.prompt;
  const edits = what.inside?.changes ? editsCode(what.inside.changes) : [];
  return [
    `import { loadModel } from ${JSON.stringify(new URL('vitrine.js', base).href)};`,
    '',
    `const model = await loadModel(${JSON.stringify(pinnedModel(what))}${given});`,
    `const start = ${JSON.stringify(start)};`,
    ...edits,
    `const options = ${JSON.stringify(changedOptions(what), null, 2)};`,
    ...(edits.length > 0 ? ['options.edits = edits;'] : []),
    'let text = "";',
    'for await (const token of model.generate(start, options)) text += token.text;',
    'console.log(text);',
    'model.dispose();',
    '',
  ].join('\n');
}
