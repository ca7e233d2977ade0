// LPR neighbouring lanes (a power of two, at most the smallest subgroup) add up by shuffles; all get the sum.
fn reduce(value: vec4f, local: u32) -> vec4f {
  var sum = value;
  for (var step = LPR / 2u; step > 0u; step /= 2u) {
    sum += subgroupShuffleXor(sum, step);
  }
  return sum;
}
