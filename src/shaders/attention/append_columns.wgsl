// Keys and values of every column's row of qkv -> the KV cache of its sequence, one lane four dims, so that columns
// of one sequence find each other there. Columns at the same position hold the same values.
//
// Constants: NH heads; HS4 vec4s of a padded head; QKV_STRIDE4 vec4s between rows of qkv
// Bindings: qkv, state
// From kv-cache.ts: store_kv
// From kv-source.ts: key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE, VALUE_POSITION_STRIDE

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = group.x * 64u + local; // [k, v][head][dim / 4]
  if (place >= 2u * NH * HS4) {
    return;
  }
  let head = place / HS4 % NH;
  let d = place % HS4;
  let sequence = state.columns[group.y].sequence;
  let position = state.columns[group.y].position;
  let key = key_base(sequence, head) + d * KEY_DIM_STRIDE + position * KEY_POSITION_STRIDE;
  let value = value_base(sequence, head) + d * VALUE_DIM_STRIDE + position * VALUE_POSITION_STRIDE;
  store_kv(select(key, value, place >= NH * HS4), qkv[group.y * QKV_STRIDE4 + NH * HS4 + place]);
}
