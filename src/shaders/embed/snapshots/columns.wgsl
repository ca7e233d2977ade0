const KB = 48u;
const BLOCK4 = 4u;
const BANDS = 1u;
const BAND_ROWS = 50257u;
const V = 50257u;
const X_STRIDE4 = 192u;
const CONTEXT = 1024u;

struct Column {
  token: u32, // last token chosen
  position: u32, // its position in the sequence: the row of wpe, the place in the KV cache
  done: u32, // 1 after an end-of-text token
  draw: u32, // counter of the next random draw
  sequence: u32, // which KV cache, and which stream of random numbers
  chosen: u32, // the sampler's choice, taken by pick
  context_length: u32, // tokens in the context list
}

struct State {
  running: u32, // columns that are not done; kernels return at once when 0
  step: u32, // steps taken since the run began
  columns: array<Column>,
}

@group(0) @binding(0) var<storage, read> state: State;
@group(0) @binding(1) var<storage, read> w0: array<vec4u>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> wpe: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;

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

// x[c] = wte[token] + wpe[position] of every column as the state names them. One workgroup a column.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; V tokens in the vocabulary
// Bindings: state
// From block.wgsl: embed_block

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x;
  let token = min(state.columns[column].token, V - 1u);
  let position = min(state.columns[column].position, CONTEXT - 1u);
  for (var block = local; block < KB; block += 64u) {
    embed_block(column, block, token, position);
  }
}
