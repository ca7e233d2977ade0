/**
 * Puts a kernel's text together: constants, then shared parts, then the kernel itself, each a whole `.wgsl` file.
 *
 * Two conveniences beyond plain WGSL, both textual:
 * - constants come first as `const NAME = value;`, so that loops and bounds are known to the compiler;
 * - `#unroll i N` … `#end` repeats its lines for i = 0 … N-1, replacing `$i`. N is a number, a constant, or a product `A*B`.
 *   Weak compilers keep indexed local arrays in memory; unrolled names stay in registers.
 */
export interface WgslParts {
  features?: readonly ('f16' | 'subgroups')[];
  constants: Readonly<Record<string, number | boolean>>;
  parts: readonly string[];
}

export function composeWgsl({ features = [], constants, parts }: WgslParts): string {
  const enables = features.map((feature) => `enable ${feature};`);
  const header = Object.entries(constants).map(([name, value]) => `const ${name} = ${literal(value)};`);
  const body = unroll(parts.join('\n'), constants);
  return [...enables, ...header, body].join('\n');
}

function literal(value: number | boolean): string {
  if (typeof value === 'boolean') return String(value);
  return Number.isInteger(value) && value >= 0 ? `${value}u` : floatLiteral(value);
}

/** A WGSL f32 literal that reads back as exactly this f32. */
export function floatLiteral(value: number): string {
  return `bitcast<f32>(0x${bitsOf(value).toString(16)}u)`;
}

const view = new DataView(new ArrayBuffer(4));
function bitsOf(value: number): number {
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** Expands every `#unroll` block, inner ones too. */
export function unroll(text: string, constants: Readonly<Record<string, number | boolean>>): string {
  const lines = text.split('\n');
  const out: string[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    const open = /^\s*#unroll ([a-z]) (\S+)\s*$/.exec(line);
    if (!open) {
      if (/^\s*#end\b/.test(line)) throw new Error('Internal error: #end without #unroll');
      out.push(line);
      continue;
    }
    const end = matchingEnd(lines, at);
    const body = lines.slice(at + 1, end).join('\n');
    const times = count(open[2] as string, constants);
    for (let i = 0; i < times; i++) out.push(unroll(body.replaceAll(`$${open[1]}`, String(i)), constants));
    at = end;
  }
  return out.join('\n');
}

function matchingEnd(lines: readonly string[], from: number): number {
  let depth = 0;
  for (let at = from; at < lines.length; at++) {
    const line = lines[at] as string;
    if (/^\s*#unroll\b/.test(line)) depth++;
    if (/^\s*#end\b/.test(line) && --depth === 0) return at;
  }
  throw new Error(`Internal error: #unroll without #end: ${lines[from]}`);
}

function count(expression: string, constants: Readonly<Record<string, number | boolean>>): number {
  return expression
    .split('*')
    .map((factor) => (/^\d+$/.test(factor) ? Number(factor) : Number(constants[factor])))
    .reduce((left, right) => {
      if (!Number.isInteger(right))
        throw new Error(`Internal error: #unroll count ${expression} is not known`);
      return left * right;
    }, 1);
}
