// 64 weights as 16 blocks of four f32.
fn store_group(row: u32, group: u32) {
  for (var b = 0u; b < 16u; b++) {
    let value = vec4f(values[4u * b], values[4u * b + 1u], values[4u * b + 2u], values[4u * b + 3u]);
    weights[block_index(row, group, 16u) + b] = bitcast<vec4u>(value);
  }
}
