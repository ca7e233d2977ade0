import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rollup } from 'rollup';
import dts from 'rollup-plugin-dts';
import { type EntryName, entries, entryNames } from './entries.ts';

/**
 * Writes the types of each entry into `dist/`, as one file that needs no other. The compiler declares all modules at
 * once; the bundler then only joins declarations, and makes no program of its own.
 */
const root = join(import.meta.dirname, '../..');
const declarations = join(root, '.cache/types');

function declareModules(): void {
  const config = join(declarations, 'tsconfig.json');
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rewriteRelativeImportExtensions: true,
    rootDir: root,
    outDir: declarations,
  };
  const files = Object.values(entries).map((entry) => join(root, entry));
  rmSync(declarations, { recursive: true, force: true });
  mkdirSync(declarations, { recursive: true });
  writeFileSync(
    config,
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: [], files }),
  );
  const compiler = join(root, 'node_modules/typescript-7/bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', config], { stdio: 'inherit' });
}

async function typesOf(entry: string): Promise<string> {
  const bundle = await rollup({
    input: join(declarations, entry.replace(/\.tsx?$/, '.d.ts')),
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

declareModules();
for (const name of entryNames)
  writeFileSync(join(root, `dist/${name}.d.ts`), (before[name] ?? '') + (await typesOf(entries[name])));
