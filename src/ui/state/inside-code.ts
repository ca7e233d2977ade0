import { offEdit, streamSite } from './inside-changes.ts';
import type { Changes } from './model-changes.ts';

/** Lines of a program that make `edits` of a loaded `model`; none where nothing is changed. */
export function editsCode({ off, steering }: Changes): string[] {
  const fixed = off.map((part) => `  ${JSON.stringify(offEdit(part))},`);
  if (!steering) return fixed.length > 0 ? ['const edits = [', ...fixed, '];'] : [];
  const site = streamSite(steering.layer);
  return [
    `const site = ${JSON.stringify(site)};`,
    '// The mean of a text’s stream, without its first position.',
    'async function meanOf(text) {',
    '  const { captured } = await model.run(text, { capture: [site] });',
    '  const { shape: [T, C], data } = captured[site];',
    '  const first = T > 1 ? 1 : 0;',
    '  const mean = new Float32Array(C);',
    '  for (let t = first; t < T; t++) for (let i = 0; i < C; i++) mean[i] += data[t * C + i] / (T - first);',
    '  return mean;',
    '}',
    `const from = await meanOf(${JSON.stringify(steering.minus)});`,
    `const to = await meanOf(${JSON.stringify(steering.plus)});`,
    `const value = to.map((x, i) => ${steering.strength} * (x - from[i]));`,
    'const edits = [',
    ...fixed,
    "  { site, op: 'add', value },",
    '];',
  ];
}
