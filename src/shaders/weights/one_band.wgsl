// The matrix is one buffer: rows [out][in], KB blocks of 16 bytes a row.
fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}
