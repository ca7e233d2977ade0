// Keys and values of a chunk's rows of qkv -> the KV cache, one lane four dims. Neighbouring lanes write
// neighbouring positions.
//
// Constants: NH heads; HS4 vec4s of a padded head; CONTEXT positions the cache holds; QKV_STRIDE4 vec4s between rows
//   of qkv
// Bindings: params, qkv
// From kv-cache.ts: store_kv
// From shared/lane.wgsl: Grid, lane_of

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let lane = lane_of(grid);
  let t = lane % params.count;
  let place = lane / params.count; // [k, v][head][dim / 4]
  if (place >= 2u * NH * HS4) {
    return;
  }
  let value = qkv[t * QKV_STRIDE4 + NH * HS4 + place];
  store_kv((params.sequence * 2u * NH * HS4 + place) * CONTEXT + params.base + t, value);
}
