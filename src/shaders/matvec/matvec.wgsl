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
  #unroll r RPL
  let row_$r = min(first + $ru, ROWS - 1u);
  #end
  #unroll c NC
  var acc_$c = vec4f();
  var sum_$c = vec4f();
  var square_$c = vec4f();
  let pivot_$c = select(0.0, x[$cu * X_STRIDE4].x, NORM);
  #end
  for (var block = lane; block < KB; block += LPR) {
    #unroll c NC
    #unroll i BLOCK4
    let d_$c_$i = inside(x[$cu * X_STRIDE4 + block * BLOCK4 + $iu] - pivot_$c, block * BLOCK4 + $iu);
    let v_$c_$i = scaled_input(d_$c_$i, block * BLOCK4 + $iu);
    if (NORM) {
      sum_$c += d_$c_$i;
      square_$c += d_$c_$i * d_$c_$i;
    }
    #end
    #end
    #unroll r RPL
    let weights_$r = load_block(row_$r, block);
    let scale_$r = block_scale(row_$r, block);
    #unroll i BLOCK4
    let w_$r_$i = block_vec4(weights_$r, $iu);
    #end
    #unroll c NC
    var part_$r_$c = 0.0;
    #unroll i BLOCK4
    part_$r_$c += dot(w_$r_$i, v_$c_$i);
    #end
    acc_$c[$r] += part_$r_$c * scale_$r;
    #end
    #end
  }
  #unroll c NC
  let total_$c = reduce(acc_$c, local);
  var mean_$c = 0.0;
  var rstd_$c = 1.0;
  if (NORM) {
    let stats = reduce(vec4f(dot(sum_$c, vec4f(1.0)), dot(square_$c, vec4f(1.0)), 0.0, 0.0), local);
    mean_$c = stats.x / f32(K);
    rstd_$c = inverseSqrt(max(stats.y / f32(K) - mean_$c * mean_$c, 0.0) + EPSILON);
  }
  #unroll r RPL
  if (lane == $ru % LPR && first + $ru < ROWS) {
    emit(first + $ru, $cu, finish(total_$c[$r], mean_$c, rstd_$c, first + $ru));
  }
  #end
  #end
}
