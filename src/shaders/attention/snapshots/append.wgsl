const NH = 12u;
const HS4 = 16u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;

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

// The number of a lane in a grid of workgroups of 64 that continues in y where x has no room: what `grid1d` gives.

struct Grid {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
}

fn lane_of(grid: Grid) -> u32 {
  return (grid.group.y * grid.groups.x + grid.group.x) * 64u + grid.local;
}

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
