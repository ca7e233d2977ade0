// The matrix is cut by rows into BANDS buffers of BAND_ROWS rows, each within the device's binding limit.
fn load_block(row: u32, block: u32) -> vec4u {
  #unroll n BANDS
  if (row < ($nu + 1u) * BAND_ROWS) {
    return w$n[(row - $nu * BAND_ROWS) * KB + block];
  }
  #end
  return vec4u();
}
