import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import dts from 'rollup-plugin-dts';
import { type EntryName, entries, entryNames } from './entries.ts';

/** Writes the types of each entry into `dist/`, as one file that needs no other. */
const root = join(import.meta.dirname, '../..');

async function typesOf(entry: string): Promise<string> {
  const bundle = await rollup({
    input: join(root, entry),
    plugins: [dts({ tsconfig: join(root, 'tsconfig.json') })],
    external: [/^[^./]/],
  });
  const { output } = await bundle.generate({ format: 'es' });
  await bundle.close();
  return output[0].code;
}

// The one name of WebGPU in the types. Where the platform has it, the two declarations merge.
const gpu = 'declare global {\n  interface GPUDevice {}\n}\n';
const tag =
  "declare global {\n  interface HTMLElementTagNameMap {\n    'vitrine-demo': VitrineDemo;\n  }\n}\n";

const before: Partial<Record<EntryName, string>> = { vitrine: gpu, embed: tag };

for (const name of entryNames)
  writeFileSync(join(root, `dist/${name}.d.ts`), (before[name] ?? '') + (await typesOf(entries[name])));
