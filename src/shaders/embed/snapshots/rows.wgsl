const KB = 48u;
const BLOCK4 = 4u;
const BANDS = 1u;
const BAND_ROWS = 50257u;
const V = 50257u;
const X_STRIDE4 = 192u;
const CONTEXT = 1024u;

struct Chunk {
  count: u32, // rows of this chunk
  base: u32, // position of the first: keys before it are in the KV cache
  sequence: u32, // which KV cache
  total: u32, // keys of a row of a pattern
  length: u32, // rows of each sequence
  first: u32, // rows of the sequences before the first of this chunk
}

@group(0) @binding(0) var<storage, read> ids: array<u32>;
@group(0) @binding(1) var<storage, read> w0: array<vec4u>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> wpe: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(5) var<uniform> params: Chunk;

fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}

fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(vec4u(block[part]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn block_scale(row: u32, block: u32) -> f32 {
  return scales[row * (KB / 4u) + block / 4u];
}

fn embedded(token: vec4f, position: vec4f) -> vec4f {
  return token + position;
}

// One block of a row of x: wte[token] + wpe[position], or one of the two.
//
// Constants: BLOCK4 vec4s of weights in a block; X_STRIDE4 vec4s between rows of x
// Bindings: x, wpe
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From embed.ts: embedded

fn embed_block(row: u32, block: u32, token: u32, position: u32) {
  let weights = load_block(token, block);
  let scale = block_scale(token, block);
  {
    let k4 = block * BLOCK4 + 0u;
    x[row * X_STRIDE4 + k4] = embedded(block_vec4(weights, 0u) * scale, wpe[position * X_STRIDE4 + k4]);
  }
  {
    let k4 = block * BLOCK4 + 1u;
    x[row * X_STRIDE4 + k4] = embedded(block_vec4(weights, 1u) * scale, wpe[position * X_STRIDE4 + k4]);
  }
  {
    let k4 = block * BLOCK4 + 2u;
    x[row * X_STRIDE4 + k4] = embedded(block_vec4(weights, 2u) * scale, wpe[position * X_STRIDE4 + k4]);
  }
  {
    let k4 = block * BLOCK4 + 3u;
    x[row * X_STRIDE4 + k4] = embedded(block_vec4(weights, 3u) * scale, wpe[position * X_STRIDE4 + k4]);
  }
}

fn position_of(row: u32) -> u32 {
  return params.base + (params.first + row) % params.length;
}

fn sequence_of(row: u32) -> u32 {
  return params.sequence + (params.first + row) / params.length;
}

fn row_count() -> u32 {
  return params.count;
}

fn key_count() -> u32 {
  return params.total;
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

// x[t] = wte[ids[t]] + wpe[position of t], one lane a block of 16 weight bytes.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; V tokens in the vocabulary
// Bindings: ids, params
// From block.wgsl: embed_block
// From address.ts: position_of
// From shared/lane.wgsl: Grid, lane_of

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let lane = lane_of(grid);
  if (lane >= params.count * KB) {
    return;
  }
  let t = lane / KB;
  embed_block(t, lane % KB, min(ids[t], V - 1u), min(position_of(t), CONTEXT - 1u));
}
