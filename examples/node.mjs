import { loadModel } from '../dist/vitrine.js';
import { openFolder, provideWebGPU } from '../dist/vitrine-node.js';

/** Goes on from a prompt, in Node on Dawn. Usage: node examples/node.mjs PROMPT [FOLDER] */
const [prompt = 'Once upon a time', folder = 'public/models/tiny-tales'] = process.argv.slice(2);

await provideWebGPU();
const model = await loadModel(await openFolder(folder));
process.stdout.write(prompt);
for await (const token of model.generate(prompt, { maxNewTokens: 60, temperature: 0.8, seed: 7 }))
  process.stdout.write(token.text);
process.stdout.write('\n');
model.dispose();
