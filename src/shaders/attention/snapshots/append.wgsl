const NH = 12u;
const HS = 64u;
const HS4 = 16u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;
const KEY_DIM_STRIDE = 1024u;
const KEY_POSITION_STRIDE = 1u;
const VALUE_DIM_STRIDE = 1u;
const VALUE_POSITION_STRIDE = 16u;

struct Chunk {
  count: u32, // rows of this chunk
  base: u32, // position of the first: keys before it are in the KV cache
  sequence: u32, // which KV cache
  total: u32, // keys of a row of a pattern
  length: u32, // rows of each sequence
  first: u32, // rows of the sequences before the first of this chunk
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> kv: array<vec4f>;
@group(0) @binding(2) var<uniform> params: Chunk;

fn load_kv(index: u32) -> vec4f {
  return kv[index];
}

fn store_kv(index: u32, value: vec4f) {
  kv[index] = value;
}

fn key_base(sequence: u32, head: u32) -> u32 {
  return (sequence * 2u * NH + head) * HS4 * CONTEXT;
}

fn value_base(sequence: u32, head: u32) -> u32 {
  return ((sequence * 2u + 1u) * NH + head) * HS4 * CONTEXT;
}

// The number of a lane in a grid of workgroups of 64 that continues in y where x has no room: what `grid1d` gives.

struct Grid {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
}

fn lane_of(grid: Grid) -> u32 {
  return (grid.group.y * grid.groups.x + grid.group.x) * 64u + grid.local;
}

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
