// The KV cache as f16 pairs in u32. Layout as in kv_f32.wgsl.
fn load_kv(index: u32) -> vec4f {
  let pair = kv[index];
  return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
}
fn store_kv(index: u32, value: vec4f) {
  kv[index] = vec2u(pack2x16float(value.xy), pack2x16float(value.zw));
}
