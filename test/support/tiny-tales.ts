import { type LoadedModel, loadHere } from '../../src/engine/index.ts';
import { loadOn } from './gpu.ts';
import { modelFiles, readJson } from './model-files.ts';

/** What PyTorch makes of the bundled model. */
export interface TinyTalesReference {
  prompts: { name: string; text: string; ids: number[]; greedy_ids: number[]; greedy_text: string }[];
}

export const tinyTalesFileNames = [
  'config.json',
  'generation_config.json',
  'vocab.json',
  'merges.txt',
  'model.safetensors',
];

/** The bundled model's files. */
export const tinyTalesFiles = () => modelFiles('public/models/tiny-tales', tinyTalesFileNames);

/** The bundled model in f32, to be disposed by the caller, and its reference. */
export async function openTinyTales(
  backend: 'gpu' | 'cpu',
): Promise<{ model: LoadedModel; reference: TinyTalesReference }> {
  const reference = await readJson<TinyTalesReference>('test/golden/tiny-tales/reference.json');
  const { model } = await loadHere(await tinyTalesFiles(), {
    ...(await loadOn(backend)),
    dtype: 'f32',
    cache: false,
  });
  return { model, reference };
}
