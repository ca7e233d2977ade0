const K = 768u;
const PADDED = false;
const STRIDE4 = 192u;
const GAMMA4 = 1536u;
const BETA4 = 0u;
const EPSILON = 0.00001f;

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> bias_and_norm: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> out: array<vec4f>;

// out[t] = gamma * (x[t] - mean) / sd, without beta where that is part of the following product's t (see matvec.wgsl).
// One workgroup a row; the variance is taken from the deviations, in a second walk over the row.
//
// Constants: K length of a row; PADDED whether rows are padded; EPSILON of the layer norm; GAMMA4 place of gamma;
//   BETA4 place of beta, 0 where a product takes it; STRIDE4 vec4s between rows
// Bindings: x, out, bias_and_norm

var<workgroup> partial_sums: array<f32, 64>;

fn reduce_sum(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  partial_sums[local] = value;
  workgroupBarrier();
  for (var step = 32u; step > 0u; step /= 2u) {
    if (local < step) {
      partial_sums[local] += partial_sums[local + step];
    }
    workgroupBarrier();
  }
  return partial_sums[0];
}

fn inside(d: vec4f, k4: u32) -> vec4f {
  if (PADDED) {
    return select(d, vec4f(), vec4u(0u, 1u, 2u, 3u) + 4u * k4 >= vec4u(K));
  }
  return d;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = group.x * STRIDE4;
  var sum = vec4f();
  for (var k4 = local; k4 < STRIDE4; k4 += 64u) {
    sum += inside(x[start + k4], k4);
  }
  let mean = reduce_sum(dot(sum, vec4f(1.0)), local) / f32(K);
  var square = vec4f();
  for (var k4 = local; k4 < STRIDE4; k4 += 64u) {
    let d = inside(x[start + k4] - mean, k4);
    square += d * d;
  }
  let variance = reduce_sum(dot(square, vec4f(1.0)), local) / f32(K);
  let rstd = inverseSqrt(variance + EPSILON);
  for (var k4 = local; k4 < STRIDE4; k4 += 64u) {
    let normed = inside(x[start + k4] - mean, k4) * rstd * bias_and_norm[GAMMA4 + k4];
    if (BETA4 > 0u) {
      out[start + k4] = normed + bias_and_norm[BETA4 + k4];
    } else {
      out[start + k4] = normed;
    }
  }
}
