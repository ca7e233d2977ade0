/** Words of WGSL itself: keywords, types and builtin functions, as far as the kernels use them. */
const language = new Set(
  `alias array atomic bitcast bool break case const continue default diagnostic else enable f16 f32 false fn for function i32
  if let loop override private ptr read read_write return storage struct switch true u32 uniform var vec2f vec2u vec3u vec4f
  vec4h vec4i vec4u while workgroup
  abs all any atomicAdd atomicExchange atomicLoad atomicMax atomicMin atomicStore clamp countLeadingZeros dot exp floor
  fma inverseSqrt log max min
  pack2x16float round select sign storageBarrier subgroupAny subgroupShuffle subgroupShuffleXor tanh unpack2x16float
  workgroupBarrier workgroupUniformLoad`.split(/\s+/),
);

const comment = /\/\/.*$/gm;

/** Names that a part of a kernel uses and does not declare: what its header has to name. */
export function undeclaredNames(text: string): Set<string> {
  const code = text
    .replace(comment, '')
    .replace(/^\s*#unroll \w (\S+)$/gm, '$1')
    .replace(/^\s*#end\b.*$/gm, '')
    .replace(/@builtin\(\w+\)|@\w+/g, '')
    // A member, a number, and what an unrolled name ends in.
    .replace(/\.\s*[A-Za-z_]\w*/g, '')
    .replace(/\b\d[\w.]*/g, '')
    .replace(/\$[a-z]u?/g, '');
  const declared = new Set<string>();
  for (const [, name] of code.matchAll(/\b(?:fn|let|const|struct|alias|var(?:<\w+>)?)\s+([A-Za-z_]\w*)/g))
    declared.add(name as string);
  // Parameters of functions and members of structs.
  for (const [, name] of code.matchAll(/([A-Za-z_]\w*)\s*:/g)) declared.add(name as string);
  const used = code.match(/[A-Za-z_]\w*/g) ?? [];
  return new Set(used.filter((name) => !declared.has(name) && !language.has(name)));
}

/**
 * Names in a part's header: `// Constants: NAME meaning; NAME meaning`, `// Bindings: name, name`, and of what other
 * parts declare `// From file: name, name`. A line that goes on begins with three spaces.
 */
export function namesInHeader(text: string): Set<string> {
  const names = new Set<string>();
  const lists = text.matchAll(/^\/\/ (?:(Constants)|Bindings|From \S+): (.*(?:\n\/\/ {3}\S.*)*)/gm);
  for (const [, constants, list] of lists) {
    const entries = (list as string).replace(/\n\/\/ +/g, ' ').split(constants ? ';' : ',');
    for (const entry of entries) {
      const name = /^\s*([A-Za-z_]\w*)/.exec(entry);
      if (name) names.add(name[1] as string);
    }
  }
  return names;
}
