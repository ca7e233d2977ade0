enable f16;

const KB = 24u;
const BLOCK4 = 8u;
const BANDS = 1u;
const BAND_ROWS = 3072u;
const ROWS = 3072u;
const X_STRIDE4 = 192u;
const TM = 2u;
const RN = 2u;
const WG = 128u;
const SHARE = 1u;
const SCALED = true;
const OUT_STRIDE = 3072u;
const ACTIVATION = 0u;

struct Chunk {
  count: u32, // rows of this chunk
  base: u32, // position of the first: keys before it are in the KV cache
  sequence: u32, // which KV cache
  total: u32, // keys of a row of a pattern
  length: u32, // rows of each sequence
  first: u32, // rows of the sequences before the first of this chunk
}

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> w0: array<vec4u>;
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> bias_and_norm: array<vec4f>;
@group(0) @binding(4) var<uniform> params: Chunk;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;

fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}

fn block_vec4(block: vec4u, part: u32) -> vec4f {
  let nibbles = block[part / 2u] >> (4u * (part % 2u));
  return vec4f((vec4u(nibbles) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u)) - 8.0;
}

fn block_scale(row: u32, block: u32) -> f32 {
  let index = row * KB + block;
  return unpack2x16float(scales[index / 2u])[index % 2u];
}

// The MLP's activation; ACTIVATION is the index in activation.ts.
// tanh overflows to NaN on some drivers for large arguments, and is 1 in f32 long before 15.
//
// Constants: ACTIVATION index in activations

fn safe_tanh(x: f32) -> f32 {
  return tanh(clamp(x, -15.0, 15.0));
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

// erf to 1.5e-7 absolute: its power series near zero, Abramowitz and Stegun 7.1.26 elsewhere.
fn erf(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5) {
    let z = x * x;
    let series = 1.0 - z * (1.0 / 3.0 - z * (0.1 - z * (1.0 / 42.0 - z * (1.0 / 216.0 - z / 1320.0))));
    return 1.1283791670955126 * x * series;
  }
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - poly * exp(-min(a * a, 80.0)));
}

fn activate(x: f32) -> f32 {
  switch ACTIVATION {
    case 0u: { return 0.5 * x * (1.0 + safe_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
    case 1u: { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }
    case 2u: { return x * sigmoid(1.702 * x); }
    case 3u: { return max(x, 0.0); }
    case 4u: { return x * sigmoid(x); }
    default: { return safe_tanh(x); }
  }
}

fn emit(row: u32, column: u32, value: f32) {
  out[column * OUT_STRIDE + row] = activate(value);
}

alias tile4 = vec4h;

fn to_tile(value: vec4f) -> tile4 {
  return vec4h(clamp(value, vec4f(-65504.0), vec4f(65504.0)));
}

// y[t][row] = sum over k of W[row][k] * x[t][k], for all rows of a chunk, then the epilogue `emit`.
//
// A workgroup computes TILE_T rows of x times TILE_N rows of W, BK columns at a time: both pieces go to workgroup
// memory once (weights dequantised on the way) and each lane multiplies TM by RN of them in registers. The pieces lie
// as [k / 4][row], so that neighbouring lanes read neighbouring vec4s; BK divides the padded columns, so there is no
// tail along k. Barriers are in uniform control flow. Workgroup memory: (TILE_T + TILE_N) * BK numbers, f32 or f16
// (`tile4`); sums are f32 either way.
// Bias: bias_and_norm's t.
//
// Constants: WG lanes of a workgroup; KB blocks of a row of W; BLOCK4 vec4s of weights in a block; ROWS rows of W;
//   X_STRIDE4 vec4s between rows of x; TM rows of x a lane carries; RN rows of W a lane carries
// Bindings: params, x, bias_and_norm
// From matmul.ts: to_tile, tile4
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From epilogue.ts: emit

const LANES_N = 16u;
const LANES_T = WG / LANES_N;
const TILE_T = TM * LANES_T;
const TILE_N = RN * LANES_N;
const BK = 32u;
const BK4 = BK / 4u;
const TILE_BLOCKS = BK4 / BLOCK4;

var<workgroup> tile_x: array<tile4, BK4 * TILE_T>;
var<workgroup> tile_w: array<tile4, BK4 * TILE_N>;

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first_row = group.x * TILE_N;
  let first_t = group.y * TILE_T;
  let lane_n = local % LANES_N;
  let lane_t = local / LANES_N;
  var acc_0_0 = 0.0;
  var acc_0_1 = 0.0;
  var acc_1_0 = 0.0;
  var acc_1_1 = 0.0;
  for (var step = 0u; step < KB / TILE_BLOCKS; step++) {
    for (var i = local; i < BK4 * TILE_T; i += WG) {
      let t = min(first_t + i / BK4, params.count - 1u);
      tile_x[(i % BK4) * TILE_T + i / BK4] = to_tile(x[t * X_STRIDE4 + step * BK4 + i % BK4]);
    }
    for (var i = local; i < TILE_BLOCKS * TILE_N; i += WG) {
      let row = min(first_row + i / TILE_BLOCKS, ROWS - 1u);
      let block = step * TILE_BLOCKS + i % TILE_BLOCKS;
      let weights = load_block(row, block);
      let scale = block_scale(row, block);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 0u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 0u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 1u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 1u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 2u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 2u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 3u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 3u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 4u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 4u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 5u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 5u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 6u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 6u) * scale);
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + 7u) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, 7u) * scale);
    }
    workgroupBarrier();
    for (var k4 = 0u; k4 < BK4; k4++) {
      let v_0 = vec4f(tile_x[k4 * TILE_T + lane_t + 0u * LANES_T]);
      let v_1 = vec4f(tile_x[k4 * TILE_T + lane_t + 1u * LANES_T]);
      let w_0 = vec4f(tile_w[k4 * TILE_N + lane_n + 0u * LANES_N]);
      acc_0_0 += dot(v_0, w_0);
      acc_1_0 += dot(v_1, w_0);
      let w_1 = vec4f(tile_w[k4 * TILE_N + lane_n + 1u * LANES_N]);
      acc_0_1 += dot(v_0, w_1);
      acc_1_1 += dot(v_1, w_1);
    }
    workgroupBarrier();
  }
  {
    let t = first_t + lane_t + 0u * LANES_T;
    if (t < params.count) {
      {
        let row = first_row + lane_n + 0u * LANES_N;
        if (row < ROWS) {
          emit(row, t, acc_0_0 + bias_and_norm[row / 4u][row % 4u]);
        }
      }
      {
        let row = first_row + lane_n + 1u * LANES_N;
        if (row < ROWS) {
          emit(row, t, acc_0_1 + bias_and_norm[row / 4u][row % 4u]);
        }
      }
    }
  }
  {
    let t = first_t + lane_t + 1u * LANES_T;
    if (t < params.count) {
      {
        let row = first_row + lane_n + 0u * LANES_N;
        if (row < ROWS) {
          emit(row, t, acc_1_0 + bias_and_norm[row / 4u][row % 4u]);
        }
      }
      {
        let row = first_row + lane_n + 1u * LANES_N;
        if (row < ROWS) {
          emit(row, t, acc_1_1 + bias_and_norm[row / 4u][row % 4u]);
        }
      }
    }
  }
}
