// 64 weights as 2 blocks of nibbles (value + 8), each with an f16 scale; both scales of the group share a word.
// The scale that leaves the least squared error is taken among those that map the weight of largest magnitude
// to between 6 and 8.5: outliers are worth clipping when the rest gains.
//
// Bindings: weights, scales, params
// From matrix.wgsl: values, block_index

const CANDIDATES = 11u;

fn quantised(value: f32, scale: f32) -> f32 {
  return clamp(round(value / scale), -8.0, 7.0);
}
fn best_scale(first: u32) -> f32 {
  var largest = 0.0;
  for (var i = first; i < first + 32u; i++) {
    largest = select(largest, values[i], abs(values[i]) > abs(largest));
  }
  if (abs(largest) < 1e-7) {
    return 1.0;
  }
  var best = 1.0;
  var best_error = 3.0e38;
  for (var c = 0u; c < CANDIDATES; c++) {
    // The negative end reaches one step further, so the sign of the largest weight is taken along.
    let scale = unpack2x16float(pack2x16float(vec2f(largest / -(6.0 + 0.25 * f32(c)), 0.0))).x;
    if (abs(scale) > 0.0) {
      var error = 0.0;
      for (var i = first; i < first + 32u; i++) {
        let off = values[i] - quantised(values[i], scale) * scale;
        error += off * off;
      }
      if (error < best_error) {
        best_error = error;
        best = scale;
      }
    }
  }
  return best;
}
fn word(i: u32, scale: f32) -> u32 {
  var packed = 0u;
  for (var n = 0u; n < 4u; n++) {
    packed |= u32(quantised(values[i + n], scale) + 8.0) << (8u * n);
    packed |= u32(quantised(values[i + 4u + n], scale) + 8.0) << (8u * n + 4u);
  }
  return packed;
}
fn store_group(row: u32, group: u32) {
  let scale = vec2f(best_scale(0u), best_scale(32u));
  for (var b = 0u; b < 2u; b++) {
    let i = 32u * b;
    weights[block_index(row, group, 2u) + b] =
      vec4u(word(i, scale[b]), word(i + 8u, scale[b]), word(i + 16u, scale[b]), word(i + 24u, scale[b]));
  }
  scales[row * (params.row_blocks / 2u) + group] = pack2x16float(scale);
}
