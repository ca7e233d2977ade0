import type { BindingKind, KernelSource } from './kernels.ts';
import type { Struct } from './struct.ts';

/**
 * Composes a kernel's source: constants, then shared parts, then the kernel itself, each a whole `.wgsl` file.
 *
 * Two conveniences beyond plain WGSL, both textual:
 * - constants come first as `const NAME = value;`, so that loops and bounds are known to the compiler;
 * - `#unroll i N` … `#end` repeats its lines for i = 0 … N-1, replacing `$i`. N is a number, a constant, or a product `A*B`.
 *   Weak compilers keep indexed local arrays in memory; unrolled names stay in registers.
 */
export interface KernelParts {
  /** Names the pipeline in errors and captures. */
  name: string;
  features?: readonly ('f16' | 'subgroups')[];
  /** Whole subgroups may return before others use subgroup operations; the compiler cannot prove that this is safe. */
  divergent?: boolean;
  /** Numbers become u32, booleans bool; strings are inserted verbatim, see {@link f32Literal}. */
  constants: Constants;
  /** Structs shared with the host, those that others hold first. */
  structs?: readonly Pick<Struct, 'wgsl'>[];
  /** Storage and uniform variables of group 0; their order is their binding number. */
  bindings: readonly Binding[];
  parts: readonly string[];
}

export type Constants = Readonly<Record<string, number | boolean | string>>;

/** One variable of a kernel: the WGSL declaration and the pipeline layout both come from here. */
export interface Binding {
  name: string;
  type: string;
  kind: BindingKind;
}

const spaces: Record<BindingKind, string> = {
  read: 'storage, read',
  write: 'storage, read_write',
  uniform: 'uniform',
  dynamic: 'uniform',
};

export function defineKernel({
  name,
  features = [],
  divergent = false,
  constants,
  structs = [],
  bindings,
  parts,
}: KernelParts): KernelSource {
  const enables = features.map((feature) => `enable ${feature};`);
  if (divergent) enables.push('diagnostic(off, subgroup_uniformity);');
  const header = Object.entries(constants).map(([key, value]) => `const ${key} = ${literal(value)};`);
  const variables = bindings.map(
    (binding, index) =>
      `@group(0) @binding(${index}) var<${spaces[binding.kind]}> ${binding.name}: ${binding.type};`,
  );
  const declared = structs.map((struct) => struct.wgsl);
  const texts = parts.map((part) => unroll(part, constants).trim());
  const sections = [enables.join('\n'), header.join('\n'), ...declared, variables.join('\n'), ...texts];
  const wgsl = `${sections.filter(Boolean).join('\n\n')}\n`;
  return { name, wgsl, bindings: bindings.map((binding) => binding.kind) };
}

function literal(value: number | boolean | string): string {
  if (typeof value !== 'number') return String(value);
  if (!Number.isInteger(value) || value < 0)
    throw new Error(`Internal error: ${value} is no u32; use f32Literal`);
  return `${value}u`;
}

/**
 * The WGSL literal of a finite number, rounded to f32. Decimal, because it is the one spelling that Tint, naga and
 * WebKit all read exactly; naga has no `bitcast` in constant expressions.
 */
export function f32Literal(value: number): string {
  const rounded = Math.fround(value);
  if (!Number.isFinite(rounded)) throw new Error(`Internal error: WGSL has no constant ${value}`);
  const digits = shortest(rounded);
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
}

/** The fewest digits that are nearest to this f32. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(value);
}

/** Expands every `#unroll` block, inner ones too. */
export function unroll(text: string, constants: Constants): string {
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

function count(expression: string, constants: Constants): number {
  return expression
    .split('*')
    .map((factor) => (/^\d+$/.test(factor) ? Number(factor) : Number(constants[factor])))
    .reduce((left, right) => {
      if (!Number.isInteger(right))
        throw new Error(`Internal error: #unroll count ${expression} is not known`);
      return left * right;
    }, 1);
}
