// A block is 32 weights of 4 bits, stored as value + 8. Word p holds weights 8p … 8p + 7: the low nibbles of its
// bytes are the first four, the high nibbles the next four. Each block has an f16 scale, two to a word.
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  let nibbles = block[part / 2u] >> (4u * (part % 2u));
  return vec4f((vec4u(nibbles) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u)) - 8.0;
}
fn block_scale(row: u32, block: u32) -> f32 {
  let index = row * KB + block;
  return unpack2x16float(scales[index / 2u])[index % 2u];
}
