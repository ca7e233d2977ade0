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
  #unroll m TM
  #unroll n RN
  var acc_$m_$n = 0.0;
  #end
  #end
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
      #unroll b BLOCK4
      tile_w[((i % TILE_BLOCKS) * BLOCK4 + $bu) * TILE_N + i / TILE_BLOCKS] = to_tile(block_vec4(weights, $bu) * scale);
      #end
    }
    workgroupBarrier();
    for (var k4 = 0u; k4 < BK4; k4++) {
      #unroll m TM
      let v_$m = vec4f(tile_x[k4 * TILE_T + lane_t + $mu * LANES_T]);
      #end
      #unroll n RN
      let w_$n = vec4f(tile_w[k4 * TILE_N + lane_n + $nu * LANES_N]);
      #unroll m TM
      acc_$m_$n += dot(v_$m, w_$n);
      #end
      #end
    }
    workgroupBarrier();
  }
  #unroll m TM
  {
    let t = first_t + lane_t + $mu * LANES_T;
    if (t < params.count) {
      #unroll n RN
      {
        let row = first_row + lane_n + $nu * LANES_N;
        if (row < ROWS) {
          emit(row, t, acc_$m_$n + bias_and_norm[row / 4u][row % 4u]);
        }
      }
      #end
    }
  }
  #end
}
