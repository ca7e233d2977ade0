// Keys and values of every column's row of qkv -> the KV cache of its sequence, one lane four dims, so that columns
// of one sequence find each other there. Columns at the same position hold the same values.
//
// Constants: NH heads; HS4 vec4s of a padded head; CONTEXT positions the cache holds; QKV_STRIDE4 vec4s between rows
//   of qkv
// Bindings: qkv, state
// From kv-cache.ts: store_kv

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = group.x * 64u + local; // [k, v][head][dim / 4]
  let column = group.y;
  if (place >= 2u * NH * HS4) {
    return;
  }
  let value = qkv[column * QKV_STRIDE4 + NH * HS4 + place];
  let cache = (state.columns[column].sequence * 2u * NH * HS4 + place) * CONTEXT;
  store_kv(cache + state.columns[column].position, value);
}
