// 64 weights as 4 blocks of signed bytes, with one f32 scale: the largest magnitude over 127.
fn quad(i: u32, inverse: f32) -> u32 {
  let value = vec4f(values[i], values[i + 1u], values[i + 2u], values[i + 3u]) * inverse;
  let bytes = bitcast<vec4u>(vec4i(round(clamp(value, vec4f(-127.0), vec4f(127.0))))) & vec4u(255u);
  return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
}
fn store_group(row: u32, group: u32) {
  var largest = 0.0;
  for (var i = 0u; i < 64u; i++) {
    largest = max(largest, abs(values[i]));
  }
  let inverse = select(0.0, 127.0 / largest, largest > 0.0);
  for (var b = 0u; b < 4u; b++) {
    let i = 16u * b;
    weights[block_index(row, group, 4u) + b] =
      vec4u(quad(i, inverse), quad(i + 4u, inverse), quad(i + 8u, inverse), quad(i + 12u, inverse));
  }
  scales[row * (params.row_blocks / 4u) + group] = largest / 127.0;
}
