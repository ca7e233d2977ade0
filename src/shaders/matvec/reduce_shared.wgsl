// LPR neighbouring lanes (a power of two) add up as a tree in workgroup memory; all get the sum.
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
