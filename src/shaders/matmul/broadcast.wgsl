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
  for (var base = 0u; base < KB; base += SHARE) {
    let mine = min(base + lane % SHARE, KB - 1u);
    #unroll n RN
    let weights_$n = load_block(row_$n, mine);
    let scale_$n = block_scale(row_$n, mine);
    #end
    let together = min(SHARE, KB - base);
    for (var source = 0u; source < together; source++) {
      #unroll n RN
      let block_$n = subgroupShuffle(weights_$n, source);
      let factor_$n = shared_scale(scale_$n, source);
      #end
      #unroll i BLOCK4
      {
        #unroll m TM
        let v_$m = x[x_$m + (base + source) * BLOCK4 + $iu];
        #end
        #unroll n RN
        let w_$n = block_vec4(block_$n, $iu) * factor_$n;
        #unroll m TM
        acc_$m_$n = fma(w_$n.w, v_$m.w, fma(w_$n.z, v_$m.z, fma(w_$n.y, v_$m.y, fma(w_$n.x, v_$m.x, acc_$m_$n))));
        #end
        #end
      }
      #end
    }
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

fn shared_scale(scale: f32, source: u32) -> f32 {
  if (SCALED) {
    return subgroupShuffle(scale, source);
  }
  return 1.0;
}
