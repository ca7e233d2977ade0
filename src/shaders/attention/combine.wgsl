// Brings the parts of decode.wgsl together: out[c][h * HS + d]. One workgroup a (head, column).
//
// Constants: NH heads; HS size of a head; HSP the same, padded to a multiple of 4; SPLITS parts a context is cut
//   into; OUT_STRIDE floats between columns of out; WG lanes of a workgroup
// Bindings: state, partials, out

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (state.running == 0u) {
    return;
  }
  let head = group.x;
  let column = group.y;
  let base = (column * NH + head) * SPLITS * (HSP + 2u);
  var top = -3.0e38;
  for (var part = 0u; part < SPLITS; part++) {
    top = max(top, partials[base + part * (HSP + 2u)]);
  }
  var total = 0.0;
  for (var part = 0u; part < SPLITS; part++) {
    let at = base + part * (HSP + 2u);
    total += partials[at + 1u] * exp(partials[at] - top);
  }
  for (var d = local; d < HS; d += WG) {
    var value = 0.0;
    for (var part = 0u; part < SPLITS; part++) {
      let at = base + part * (HSP + 2u);
      value += partials[at + 2u + d] * exp(partials[at] - top);
    }
    out[column * OUT_STRIDE + head * HS + d] = value / total;
  }
}
