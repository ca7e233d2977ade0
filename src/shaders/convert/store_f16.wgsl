// 64 weights as 8 blocks of f16 pairs; what f16 cannot hold becomes its largest value.
fn pair(i: u32) -> u32 {
  return pack2x16float(clamp(vec2f(values[i], values[i + 1u]), vec2f(-65504.0), vec2f(65504.0)));
}
fn store_group(row: u32, group: u32) {
  for (var b = 0u; b < 8u; b++) {
    let i = 8u * b;
    weights[block_index(row, group, 8u) + b] = vec4u(pair(i), pair(i + 2u), pair(i + 4u), pair(i + 6u));
  }
}
