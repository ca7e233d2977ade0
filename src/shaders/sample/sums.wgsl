// Of sample.wgsl: sums of 64 bits over the lanes of a workgroup of 256.
//
// From integers.wgsl: add64, sub64, less64

struct Found {
  some: u32,
  digit: u32,
  before: vec2u,  // weight of what comes first
  own: vec2u,     // weight in this bin
}

var<workgroup> sums: array<vec2u, 256>;
var<workgroup> group_sums: array<vec2u, 16>;
var<workgroup> whole_sum: vec2u;
var<workgroup> found: Found;

// Turns one number per lane into the sum up to and including each lane: sums of sixteen lanes, then their sums.
fn prefix_sum(value: vec2u, local: u32) -> vec2u {
  workgroupBarrier();
  sums[local] = value;
  workgroupBarrier();
  if (local < 16u) {
    var run = vec2u();
    for (var i = 0u; i < 16u; i++) {
      run = add64(run, sums[local * 16u + i]);
    }
    group_sums[local] = run;
  }
  workgroupBarrier();
  var sum = vec2u();
  for (var i = 0u; i < local / 16u; i++) {
    sum = add64(sum, group_sums[i]);
  }
  for (var i = local & ~15u; i <= local; i++) {
    sum = add64(sum, sums[i]);
  }
  if (local == 255u) {
    whole_sum = sum;
  }
  return sum;
}

// The sum over all lanes, in all lanes, once `prefix_sum` has run.
fn sum_of_all() -> vec2u {
  return workgroupUniformLoad(&whole_sum);
}

// Which lane's share holds the point: after all lanes before it, and not after itself.
// `point` counts from 1 to the sum of all.
fn lane_holding(point: vec2u, own: vec2u, local: u32) -> Found {
  let through = prefix_sum(own, local);
  let before = sub64(through, own);
  if (local == 0u) {
    found.some = 0u;
  }
  workgroupBarrier();
  if (less64(before, point) && !less64(through, point)) {
    found = Found(1u, local, before, own);
  }
  return workgroupUniformLoad(&found);
}
