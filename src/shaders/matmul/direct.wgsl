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
  #unroll m TM
  let t_$m = start + $mu;
  let x_$m = min(t_$m, params.count - 1u) * X_STRIDE4;
  #end
  #unroll n RN
  let row_$n = min(first + $nu, ROWS - 1u);
  #unroll m TM
  var acc_$m_$n = 0.0;
  #end
  #end
  for (var block = 0u; block < KB; block++) {
    #unroll n RN
    let weights_$n = load_block(row_$n, block);
    let scale_$n = block_scale(row_$n, block);
    #end
    #unroll i BLOCK4
    {
      #unroll m TM
      let v_$m = x[x_$m + block * BLOCK4 + $iu];
      #end
      #unroll n RN
      let w_$n = block_vec4(weights_$n, $iu) * scale_$n;
      #unroll m TM
      acc_$m_$n = fma(w_$n.w, v_$m.w, fma(w_$n.z, v_$m.z, fma(w_$n.y, v_$m.y, fma(w_$n.x, v_$m.x, acc_$m_$n))));
      #end
      #end
    }
    #end
  }
  #unroll m TM
  if (t_$m < params.count) {
    #unroll n RN
    if (first + $nu < ROWS) {
      emit(first + $nu, t_$m, acc_$m_$n + bias_and_norm[(first + $nu) / 4u][(first + $nu) % 4u]);
    }
    #end
  }
  #end
}
