/** A construct that one of Tint, naga and WebKit's compiler refuses, or reads in its own way. */
interface Construct {
  what: string;
  pattern: RegExp;
}

const feature = /\benable\s+(\w+)\s*;/g;

const constructs: Construct[] = [
  // naga evaluates operators in constant expressions, but few functions: no bitcast.
  { what: 'a call in a module constant', pattern: /^const\s+\w+[^=;]*=[^;]*\w\s*(<[^>;]*>)?\s*\(/m },
  { what: 'an overridable constant', pattern: /\boverride\b|@id\s*\(/ },
  { what: 'a constant assertion', pattern: /\bconst_assert\b/ },
  { what: 'a language feature to be required', pattern: /\brequires\b/ },
  { what: 'a pointer parameter outside function space', pattern: /\bptr\s*<\s*(?!function\b)/ },
  {
    what: 'an assignment to a swizzle',
    pattern: /\.(?:[xyzw]{2,4}|[rgba]{2,4})\s*(?:[-+*/%&|^]|<<|>>)?=(?!=)/,
  },
  { what: 'a packed 4x8 function', pattern: /\b(?:dot4[UI]8Packed|(?:un)?pack4x[UI]8(?:Clamp)?)\b/ },
  { what: 'an immediate', pattern: /var\s*<\s*immediate/ },
  {
    what: 'a builtin value of newer language versions',
    pattern: /@builtin\(\s*(?:subgroup_id|num_subgroups)\s*\)/,
  },
  { what: 'an infinite or undefined number', pattern: /\b(?:inf|infinity|nan)\b/i },
];

const halves = /\b(?:f16|vec[234]h|mat\dx\dh)\b|\d(?:\.\d*)?h\b/;
const shuffles = /\b(?:subgroup|quad)[A-Z]\w*\s*\(|@builtin\(\s*subgroup_/;

/** What of this kernel is not portable, in words; features are the optional ones that it declares. */
export function unportable(wgsl: string, features: readonly string[] = []): string[] {
  const text = wgsl.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');
  const found = constructs.filter(({ pattern }) => pattern.test(text)).map(({ what }) => what);
  const enabled = [...text.matchAll(feature)].map((match) => match[1] as string);
  for (const name of enabled) if (!features.includes(name)) found.push(`enable ${name}`);
  const rest = text.replace(feature, '');
  if (!enabled.includes('f16') && halves.test(rest)) found.push('f16 that is not enabled');
  if (!enabled.includes('subgroups') && shuffles.test(rest)) found.push('subgroups that are not enabled');
  return found;
}
