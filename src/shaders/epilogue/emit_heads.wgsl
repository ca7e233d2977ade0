// Row of c_attn -> out[column][q, k or v][head][dim], each head padded to HSP floats so that vec4 loads fit.
fn emit(row: u32, column: u32, value: f32) {
  let part = row / E;
  let inside = row % E;
  out[column * OUT_STRIDE + (part * NH + inside / HS) * HSP + inside % HS] = value;
}
