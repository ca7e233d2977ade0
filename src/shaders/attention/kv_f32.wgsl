// The KV cache as f32. Layout: [sequence][k, v][head][dim / 4][position] of four dims, so that lanes on
// neighbouring positions read neighbouring memory.
fn load_kv(index: u32) -> vec4f {
  return kv[index];
}
fn store_kv(index: u32, value: vec4f) {
  kv[index] = value;
}
