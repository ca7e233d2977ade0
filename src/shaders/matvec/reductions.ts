/** How the lanes that share a row combine their sums. */
export type Reduction = 'none' | 'subgroup' | 'shared';

/**
 * `reduce(value, local)`: the sum over the LPR neighbouring lanes that share a row, in all of them. LPR is a power of
 * two; with subgroups at most the smallest of them.
 */
export const reductions: Record<Reduction, string> = {
  none: /* wgsl */ `
fn reduce(value: vec4f, local: u32) -> vec4f {
  return value;
}
`,
  subgroup: /* wgsl */ `
fn reduce(value: vec4f, local: u32) -> vec4f {
  var sum = value;
  for (var step = LPR / 2u; step > 0u; step /= 2u) {
    sum += subgroupShuffleXor(sum, step);
  }
  return sum;
}
`,
  shared: /* wgsl */ `
var<workgroup> partial_sums: array<vec4f, WG>;

fn reduce(value: vec4f, local: u32) -> vec4f {
  partial_sums[local] = value;
  workgroupBarrier();
  for (var step = LPR / 2u; step > 0u; step /= 2u) {
    if (local % LPR < step) {
      partial_sums[local] += partial_sums[local + step];
    }
    workgroupBarrier();
  }
  let sum = partial_sums[local - local % LPR];
  workgroupBarrier();
  return sum;
}
`,
};
