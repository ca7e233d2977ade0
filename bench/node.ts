import { readFileSync, writeFileSync } from 'node:fs';
import { parseCommandLine } from './options.ts';
import { plotCost } from './plot.ts';
import { reportText } from './report.ts';
import { defaultPrompts, runBench } from './run.ts';

/** The bench in Node; `navigator.gpu` and the bundled model's files are given by tools/bench-node.ts. */
export async function main(words: readonly string[], bundled: () => Promise<File[]>): Promise<void> {
  const line = parseCommandLine(words);
  const report = await runBench({
    sources: await Promise.all(line.models.map((model) => (model === 'tiny-tales' ? bundled() : model))),
    dtypes: line.dtypes,
    prompts: line.prompts ?? defaultPrompts,
    contexts: line.contexts,
    newTokens: line.newTokens,
    repeat: line.repeat,
    batches: line.batches,
    autotune: line.autotune,
    kernels: line.kernels,
    inside: line.inside,
    text: line.text === undefined ? undefined : readFileSync(line.text, 'utf8'),
    onStage: (stage) => console.error(stage),
  });
  // The bundled model is passed as files, which carry no model name.
  for (const [at, each] of report.models.entries())
    each.model = line.models[Math.floor(at / line.dtypes.length)] ?? each.model;
  console.log(reportText(report));
  if (line.json) writeFileSync(line.json, `${JSON.stringify(report, null, 2)}\n`);
  if (line.plot) writeFileSync(line.plot, plotCost(report));
}
