enable subgroups;
diagnostic(off, subgroup_uniformity);

const KB = 24u;
const BLOCK4 = 8u;
const BANDS = 1u;
const BAND_ROWS = 3072u;
const ROWS = 3072u;
const X_STRIDE4 = 192u;
const TM = 1u;
const RN = 2u;
const WG = 32u;
const SHARE = 8u;
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

// y[t][row] = sum over k of W[row][k] * x[t][k], for all rows of a chunk, then the epilogue `emit`.
//
// No workgroup memory and no barrier: each lane keeps TM rows of x times RN rows of W in registers. Of every SHARE
// blocks of a row of W each of SHARE neighbouring lanes loads one, and hands it to the others by a shuffle: loads of
// weights shrink to a SHAREth. Lanes are filled with rows of x one after the other, and a subgroup without any leaves
// at once; no lane of one that stays is missing, which the shuffles rely on.
// Bias: bias_and_norm's t.
//
// Constants: WG lanes of a workgroup; KB blocks of a row of W; BLOCK4 vec4s of weights in a block; ROWS rows of W;
//   X_STRIDE4 vec4s between rows of x; TM rows of x a lane carries; RN rows of W a lane carries; SHARE lanes that share
//   what they load; SCALED whether weights have scales
// Bindings: params, x, bias_and_norm
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From epilogue.ts: emit

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let first = group.x * RN;
  let start = (group.y * WG + local) * TM;
  if (!subgroupAny(start < params.count)) {
    return;
  }
  let t_0 = start + 0u;
  let x_0 = min(t_0, params.count - 1u) * X_STRIDE4;
  let row_0 = min(first + 0u, ROWS - 1u);
  var acc_0_0 = 0.0;
  let row_1 = min(first + 1u, ROWS - 1u);
  var acc_0_1 = 0.0;
  for (var base = 0u; base < KB; base += SHARE) {
    let mine = min(base + lane % SHARE, KB - 1u);
    let weights_0 = load_block(row_0, mine);
    let scale_0 = block_scale(row_0, mine);
    let weights_1 = load_block(row_1, mine);
    let scale_1 = block_scale(row_1, mine);
    let together = min(SHARE, KB - base);
    for (var source = 0u; source < together; source++) {
      let block_0 = subgroupShuffle(weights_0, source);
      let factor_0 = shared_scale(scale_0, source);
      let block_1 = subgroupShuffle(weights_1, source);
      let factor_1 = shared_scale(scale_1, source);
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 0u];
        let w_0 = block_vec4(block_0, 0u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 0u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 1u];
        let w_0 = block_vec4(block_0, 1u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 1u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 2u];
        let w_0 = block_vec4(block_0, 2u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 2u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 3u];
        let w_0 = block_vec4(block_0, 3u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 3u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 4u];
        let w_0 = block_vec4(block_0, 4u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 4u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 5u];
        let w_0 = block_vec4(block_0, 5u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 5u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 6u];
        let w_0 = block_vec4(block_0, 6u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 6u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
      {
        let v_0 = x[x_0 + (base + source) * BLOCK4 + 7u];
        let w_0 = block_vec4(block_0, 7u) * factor_0;
        acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
        let w_1 = block_vec4(block_1, 7u) * factor_1;
        acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      }
    }
  }
  if (t_0 < params.count) {
    if (first + 0u < ROWS) {
      emit(first + 0u, t_0, acc_0_0 + bias_and_norm[(first + 0u) / 4u][(first + 0u) % 4u]);
    }
    if (first + 1u < ROWS) {
      emit(first + 1u, t_0, acc_0_1 + bias_and_norm[(first + 1u) / 4u][(first + 1u) % 4u]);
    }
  }
}

fn shared_scale(scale: f32, source: u32) -> f32 {
  if (SCALED) {
    return subgroupShuffle(scale, source);
  }
  return 1.0;
}
