const KB = 192u;
const BLOCK4 = 1u;
const BANDS = 1u;
const BAND_ROWS = 2304u;
const ROWS = 2304u;
const X_STRIDE4 = 192u;
const TM = 2u;
const RN = 2u;
const WG = 8u;
const SHARE = 1u;
const SCALED = false;
const OUT_STRIDE = 2304u;
const E = 768u;
const NH = 12u;
const HS = 64u;
const HSP = 64u;

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
@group(0) @binding(2) var<storage, read> bias_and_norm: array<vec4f>;
@group(0) @binding(3) var<uniform> params: Chunk;
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

fn emit(row: u32, column: u32, value: f32) {
  let part = row / E;
  let inside = row % E;
  out[column * OUT_STRIDE + (part * NH + inside / HS) * HSP + inside % HS] = value;
}

// y[t][row] = sum over k of W[row][k] * x[t][k], for all rows of a chunk, then the epilogue `emit`.
//
// No workgroup memory and no barrier: each lane keeps TM rows of x times RN rows of W in registers. All lanes of a
// workgroup share their rows of W, so every weight is loaded (and dequantised) once for TM * WG results, by the same
// address in all lanes: what a software adapter does best, and what other GPUs serve from one cache line. Lanes are
// filled with rows of x one after the other, and those without any leave at once: a short prompt costs no more.
// Bias: bias_and_norm's t.
//
// Constants: WG lanes of a workgroup; KB blocks of a row of W; BLOCK4 vec4s of weights in a block; ROWS rows of W;
//   X_STRIDE4 vec4s between rows of x; TM rows of x a lane carries; RN rows of W a lane carries
// Bindings: params, x, bias_and_norm
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From epilogue.ts: emit

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = group.x * RN;
  let start = (group.y * WG + local) * TM;
  if (start >= params.count) {
    return;
  }
  let t_0 = start + 0u;
  let x_0 = min(t_0, params.count - 1u) * X_STRIDE4;
  let t_1 = start + 1u;
  let x_1 = min(t_1, params.count - 1u) * X_STRIDE4;
  let row_0 = min(first + 0u, ROWS - 1u);
  var acc_0_0 = 0.0;
  var acc_1_0 = 0.0;
  let row_1 = min(first + 1u, ROWS - 1u);
  var acc_0_1 = 0.0;
  var acc_1_1 = 0.0;
  for (var block = 0u; block < KB; block++) {
    let weights_0 = load_block(row_0, block);
    let scale_0 = block_scale(row_0, block);
    let weights_1 = load_block(row_1, block);
    let scale_1 = block_scale(row_1, block);
    {
      let v_0 = x[x_0 + block * BLOCK4 + 0u];
      let v_1 = x[x_1 + block * BLOCK4 + 0u];
      let w_0 = block_vec4(weights_0, 0u) * scale_0;
      acc_0_0 = fma(w_0.w, v_0.w, fma(w_0.z, v_0.z, fma(w_0.y, v_0.y, fma(w_0.x, v_0.x, acc_0_0))));
      acc_1_0 = fma(w_0.w, v_1.w, fma(w_0.z, v_1.z, fma(w_0.y, v_1.y, fma(w_0.x, v_1.x, acc_1_0))));
      let w_1 = block_vec4(weights_1, 0u) * scale_1;
      acc_0_1 = fma(w_1.w, v_0.w, fma(w_1.z, v_0.z, fma(w_1.y, v_0.y, fma(w_1.x, v_0.x, acc_0_1))));
      acc_1_1 = fma(w_1.w, v_1.w, fma(w_1.z, v_1.z, fma(w_1.y, v_1.y, fma(w_1.x, v_1.x, acc_1_1))));
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
  if (t_1 < params.count) {
    if (first + 0u < ROWS) {
      emit(first + 0u, t_1, acc_1_0 + bias_and_norm[(first + 0u) / 4u][(first + 0u) % 4u]);
    }
    if (first + 1u < ROWS) {
      emit(first + 1u, t_1, acc_1_1 + bias_and_norm[(first + 1u) / 4u][(first + 1u) % 4u]);
    }
  }
}
