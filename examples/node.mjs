import { readdir, readFile } from 'node:fs/promises';
import { create, globals } from 'webgpu';
import { loadModel } from '../dist/vitrine.js';

/** Goes on from a prompt, in Node on Dawn. Usage: node examples/node.mjs PROMPT [FOLDER] */
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });

const [prompt = 'Once upon a time', folder = 'public/models/tiny-tales'] = process.argv.slice(2);
const names = (await readdir(folder)).filter((name) => /\.(json|txt|safetensors)$/.test(name));
const files = await Promise.all(
  names.map(async (name) => new File([await readFile(`${folder}/${name}`)], name)),
);

const model = await loadModel(files);
process.stdout.write(prompt);
for await (const token of model.generate(prompt, { maxNewTokens: 60, temperature: 0.8, seed: 7 }))
  process.stdout.write(token.text);
process.stdout.write('\n');
model.dispose();
process.exit();
