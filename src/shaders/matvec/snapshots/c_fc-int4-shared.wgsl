const KB = 24u;
const BLOCK4 = 8u;
const BANDS = 1u;
const BAND_ROWS = 3072u;
const ROWS = 3072u;
const K = 768u;
const PADDED = false;
const NC = 1u;
const X_STRIDE4 = 192u;
const NORM = true;
const EPSILON = 0.00001f;
const T4 = 0u;
const S4 = 768u;
const GAMMA4 = 1536u;
const LPR = 32u;
const RPL = 1u;
const WG = 64u;
const OUT_STRIDE = 3072u;
const ACTIVATION = 0u;

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
@group(0) @binding(2) var<storage, read> scales: array<u32>;
@group(0) @binding(3) var<storage, read> bias_and_norm: array<vec4f>;
@group(0) @binding(4) var<storage, read> state: State;
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

var<workgroup> partial_sums: array<vec4f, WG>;

fn reduce(value: vec4f, local: u32) -> vec4f {
  partial_sums[local] = value;
  workgroupBarrier();
  for (var step = LPR / 2u; step > 0u; step /= 2u) {
    if (local % LPR < step) {
      partial_sums[local] += partial_sums[local + step];
    }
    workgroupBarrier();
  }
  let sum = partial_sums[local - local % LPR];
  workgroupBarrier();
  return sum;
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
  var acc_0 = vec4f();
  var sum_0 = vec4f();
  var square_0 = vec4f();
  let pivot_0 = select(0.0, x[0u * X_STRIDE4].x, NORM);
  for (var block = lane; block < KB; block += LPR) {
    let d_0_0 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 0u] - pivot_0, block * BLOCK4 + 0u);
    let v_0_0 = scaled_input(d_0_0, block * BLOCK4 + 0u);
    if (NORM) {
      sum_0 += d_0_0;
      square_0 += d_0_0 * d_0_0;
    }
    let d_0_1 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 1u] - pivot_0, block * BLOCK4 + 1u);
    let v_0_1 = scaled_input(d_0_1, block * BLOCK4 + 1u);
    if (NORM) {
      sum_0 += d_0_1;
      square_0 += d_0_1 * d_0_1;
    }
    let d_0_2 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 2u] - pivot_0, block * BLOCK4 + 2u);
    let v_0_2 = scaled_input(d_0_2, block * BLOCK4 + 2u);
    if (NORM) {
      sum_0 += d_0_2;
      square_0 += d_0_2 * d_0_2;
    }
    let d_0_3 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 3u] - pivot_0, block * BLOCK4 + 3u);
    let v_0_3 = scaled_input(d_0_3, block * BLOCK4 + 3u);
    if (NORM) {
      sum_0 += d_0_3;
      square_0 += d_0_3 * d_0_3;
    }
    let d_0_4 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 4u] - pivot_0, block * BLOCK4 + 4u);
    let v_0_4 = scaled_input(d_0_4, block * BLOCK4 + 4u);
    if (NORM) {
      sum_0 += d_0_4;
      square_0 += d_0_4 * d_0_4;
    }
    let d_0_5 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 5u] - pivot_0, block * BLOCK4 + 5u);
    let v_0_5 = scaled_input(d_0_5, block * BLOCK4 + 5u);
    if (NORM) {
      sum_0 += d_0_5;
      square_0 += d_0_5 * d_0_5;
    }
    let d_0_6 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 6u] - pivot_0, block * BLOCK4 + 6u);
    let v_0_6 = scaled_input(d_0_6, block * BLOCK4 + 6u);
    if (NORM) {
      sum_0 += d_0_6;
      square_0 += d_0_6 * d_0_6;
    }
    let d_0_7 = inside(x[0u * X_STRIDE4 + block * BLOCK4 + 7u] - pivot_0, block * BLOCK4 + 7u);
    let v_0_7 = scaled_input(d_0_7, block * BLOCK4 + 7u);
    if (NORM) {
      sum_0 += d_0_7;
      square_0 += d_0_7 * d_0_7;
    }
    let weights_0 = load_block(row_0, block);
    let scale_0 = block_scale(row_0, block);
    let w_0_0 = block_vec4(weights_0, 0u);
    let w_0_1 = block_vec4(weights_0, 1u);
    let w_0_2 = block_vec4(weights_0, 2u);
    let w_0_3 = block_vec4(weights_0, 3u);
    let w_0_4 = block_vec4(weights_0, 4u);
    let w_0_5 = block_vec4(weights_0, 5u);
    let w_0_6 = block_vec4(weights_0, 6u);
    let w_0_7 = block_vec4(weights_0, 7u);
    var part_0_0 = 0.0;
    part_0_0 += dot(w_0_0, v_0_0);
    part_0_0 += dot(w_0_1, v_0_1);
    part_0_0 += dot(w_0_2, v_0_2);
    part_0_0 += dot(w_0_3, v_0_3);
    part_0_0 += dot(w_0_4, v_0_4);
    part_0_0 += dot(w_0_5, v_0_5);
    part_0_0 += dot(w_0_6, v_0_6);
    part_0_0 += dot(w_0_7, v_0_7);
    acc_0[0] += part_0_0 * scale_0;
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
}
