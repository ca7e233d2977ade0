const KB = 192u;
const BLOCK4 = 1u;
const BANDS = 1u;
const BAND_ROWS = 2304u;
const ROWS = 2304u;
const K = 768u;
const PADDED = false;
const NC = 2u;
const X_STRIDE4 = 192u;
const NORM = true;
const EPSILON = 0.00001f;
const T4 = 0u;
const S4 = 576u;
const GAMMA4 = 1152u;
const LPR = 1u;
const RPL = 2u;
const WG = 32u;
const OUT_STRIDE = 2304u;
const E = 768u;
const NH = 12u;
const HS = 64u;
const HSP = 64u;

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

@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read> w0: array<vec4u>;
@group(0) @binding(2) var<storage, read> bias_and_norm: array<vec4f>;
@group(0) @binding(3) var<storage, read> state: State;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}

fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return bitcast<vec4f>(block);
}

fn block_scale(row: u32, block: u32) -> f32 {
  return 1.0;
}

fn reduce(value: vec4f, local: u32) -> vec4f {
  return value;
}

fn emit(row: u32, column: u32, value: f32) {
  let part = row / E;
  let inside = row % E;
  out[column * OUT_STRIDE + (part * NH + inside / HS) * HSP + inside % HS] = value;
}

// y[c][row] = sum over k of W[row][k] * x[c][k], for NC columns at once, then the epilogue `emit`.
//
// LPR lanes share a row and walk its blocks side by side, 16 bytes each; each lane carries RPL rows, so that x is
// loaded once for all of them. Weights are read once for all columns.
//
// With NORM the input is layer-normed on the way, without a pass of its own:
//   W (gamma * (x - mean) / sd + beta) + b = (W (gamma * d) - mean_d * s) / sd + t,
//   d = x - pivot, s = W gamma, t = W beta + b.
// The lanes that load x also add up d and d squared. Taking out a pivot (x's first element) keeps the difference of
// squares exact when the mean is large against the deviation.
// bias_and_norm holds t [ROWS], s [ROWS], gamma [K], each padded to vec4; T4, S4, GAMMA4 are their places.
//
// Constants: WG lanes of a workgroup; KB blocks of a row of W; BLOCK4 vec4s of weights in a block; ROWS rows of W; K
//   length of a row; PADDED whether rows are padded; NC columns; X_STRIDE4 vec4s between columns of x; NORM whether x
//   is layer-normed; EPSILON of the layer norm; T4 place of t in bias_and_norm; S4 place of s; GAMMA4 place of gamma; LPR lanes
//   that share a row; RPL rows a lane carries
// Bindings: bias_and_norm, state, x
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From reductions.ts: reduce
// From epilogue.ts: emit

fn scaled_input(d: vec4f, k4: u32) -> vec4f {
  if (NORM) {
    return d * bias_and_norm[GAMMA4 + k4];
  }
  return d;
}

fn inside(d: vec4f, k4: u32) -> vec4f {
  if (NORM && PADDED) {
    return select(d, vec4f(), vec4u(0u, 1u, 2u, 3u) + 4u * k4 >= vec4u(K));
  }
  return d;
}

fn finish(acc: f32, mean: f32, rstd: f32, row: u32) -> f32 {
  let t = bias_and_norm[T4 + row / 4u][row % 4u];
  if (NORM) {
    return rstd * (acc - mean * bias_and_norm[S4 + row / 4u][row % 4u]) + t;
  }
  return acc + t;
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  if (state.running == 0u) {
    return;
  }
  let lane = local % LPR;
  let first = ((group.y * groups.x + group.x) * (WG / LPR) + local / LPR) * RPL;
  let row_0 = min(first + 0u, ROWS - 1u);
  let row_1 = min(first + 1u, ROWS - 1u);
  var acc_0 = vec4f();
  var sum_0 = vec4f();
  var square_0 = vec4f();
  let pivot_0 = select(0.0, x[0u * X_STRIDE4].x, NORM);
  var acc_1 = vec4f();
  var sum_1 = vec4f();
  var square_1 = vec4f();
  let pivot_1 = select(0.0, x[1u * X_STRIDE4].x, NORM);
  for (var block = lane; block < KB; block += LPR) {
    let d_0_0 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 0u] - pivot_0, block * BLOCK4 + 0u);
    let v_0_0 = scaled_input(d_0_0, block * BLOCK4 + 0u);
    if (NORM) {
      sum_0 += d_0_0;
      square_0 += d_0_0 * d_0_0;
    }
    let d_1_0 = inside(x[1u * X_STRIDE4 + block * BLOCK4 + 0u] - pivot_1, block * BLOCK4 + 0u);
    let v_1_0 = scaled_input(d_1_0, block * BLOCK4 + 0u);
    if (NORM) {
      sum_1 += d_1_0;
      square_1 += d_1_0 * d_1_0;
    }
    let weights_0 = load_block(row_0, block);
    let scale_0 = block_scale(row_0, block);
    let w_0_0 = block_vec4(weights_0, 0u);
    var part_0_0 = 0.0;
    part_0_0 += dot(w_0_0, v_0_0);
    acc_0[0] += part_0_0 * scale_0;
    var part_0_1 = 0.0;
    part_0_1 += dot(w_0_0, v_1_0);
    acc_1[0] += part_0_1 * scale_0;
    let weights_1 = load_block(row_1, block);
    let scale_1 = block_scale(row_1, block);
    let w_1_0 = block_vec4(weights_1, 0u);
    var part_1_0 = 0.0;
    part_1_0 += dot(w_1_0, v_0_0);
    acc_0[1] += part_1_0 * scale_1;
    var part_1_1 = 0.0;
    part_1_1 += dot(w_1_0, v_1_0);
    acc_1[1] += part_1_1 * scale_1;
  }
  let total_0 = reduce(acc_0, local);
  var mean_0 = 0.0;
  var rstd_0 = 1.0;
  if (NORM) {
    let stats = reduce(vec4f(dot(sum_0, vec4f(1.0)), dot(square_0, vec4f(1.0)), 0.0, 0.0), local);
    mean_0 = stats.x / f32(K);
    rstd_0 = inverseSqrt(max(stats.y / f32(K) - mean_0 * mean_0, 0.0) + EPSILON);
  }
  if (lane == 0u % LPR && first + 0u < ROWS) {
    emit(first + 0u, 0u, finish(total_0[0], mean_0, rstd_0, first + 0u));
  }
  if (lane == 1u % LPR && first + 1u < ROWS) {
    emit(first + 1u, 0u, finish(total_0[1], mean_0, rstd_0, first + 1u));
  }
  let total_1 = reduce(acc_1, local);
  var mean_1 = 0.0;
  var rstd_1 = 1.0;
  if (NORM) {
    let stats = reduce(vec4f(dot(sum_1, vec4f(1.0)), dot(square_1, vec4f(1.0)), 0.0, 0.0), local);
    mean_1 = stats.x / f32(K);
    rstd_1 = inverseSqrt(max(stats.y / f32(K) - mean_1 * mean_1, 0.0) + EPSILON);
  }
  if (lane == 0u % LPR && first + 0u < ROWS) {
    emit(first + 0u, 1u, finish(total_1[0], mean_1, rstd_1, first + 0u));
  }
  if (lane == 1u % LPR && first + 1u < ROWS) {
    emit(first + 1u, 1u, finish(total_1[1], mean_1, rstd_1, first + 1u));
  }
}
