// out[column][row] += value: the residual stream.
fn emit(row: u32, column: u32, value: f32) {
  out[column * OUT_STRIDE + row] += value;
}
