import type { Attribution } from '../../engine/index.ts';
import { insideMessages } from '../messages/inside.ts';

const words = insideMessages.attribute;

export interface AttributionRow {
  name: string;
  value: number;
  kind: 'part' | 'rest' | 'total';
}

/** A part's name in words: `blocks.5.head.1` is head 5.1. */
function partTitle(name: string): string {
  const [, layer = '', kind = '', head = ''] = /^blocks\.(\d+)\.(\w+)\.?(\w*)$/.exec(name) ?? [];
  if (kind === 'head') return words.names.head(`${layer}.${head}`);
  if (kind === 'mlp') return words.names.mlp(layer);
  if (kind === 'attn') return words.names.bias(layer);
  return words.names[name as 'embed'] ?? name;
}

/** The largest parts, the others as one, and the total: the rows above the total add up to it. */
export function attributionRows({ total, parts }: Attribution, most: number): AttributionRow[] {
  const sorted = [...parts].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const rows = sorted
    .slice(0, most)
    .map(({ name, value }): AttributionRow => ({ name: partTitle(name), value, kind: 'part' }));
  const others = sorted.slice(most);
  if (others.length > 0) {
    const value = others.reduce((sum, part) => sum + part.value, 0);
    rows.push({ name: words.rest(others.length), value, kind: 'rest' });
  }
  return [...rows, { name: words.total, value: total, kind: 'total' }];
}
