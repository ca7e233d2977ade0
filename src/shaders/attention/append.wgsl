// Keys and values of a chunk's rows of qkv -> the KV cache, one lane four dims: neighbouring lanes write neighbouring
// places, which are of one key's position after the other, and of one value's dims.
//
// Constants: NH heads; HS4 vec4s of a padded head; QKV_STRIDE4 vec4s between rows of qkv
// Bindings: params, qkv
// From kv-cache.ts: store_kv
// From kv-source.ts: key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE, VALUE_POSITION_STRIDE
// From shared/lane.wgsl: Grid, lane_of

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let lane = lane_of(grid);
  let each = params.count * NH * HS4;
  if (lane < each) {
    let t = lane % params.count;
    let place = lane / params.count; // [head][dim / 4]
    let to = key_base(params.sequence, place / HS4) + place % HS4 * KEY_DIM_STRIDE;
    store_kv(to + (params.base + t) * KEY_POSITION_STRIDE, qkv[t * QKV_STRIDE4 + NH * HS4 + place]);
  } else if (lane < 2u * each) {
    let t = (lane - each) / (NH * HS4);
    let place = (lane - each) % (NH * HS4);
    let to = value_base(params.sequence, place / HS4) + place % HS4 * VALUE_DIM_STRIDE;
    store_kv(to + (params.base + t) * VALUE_POSITION_STRIDE, qkv[t * QKV_STRIDE4 + 2u * NH * HS4 + place]);
  }
}
