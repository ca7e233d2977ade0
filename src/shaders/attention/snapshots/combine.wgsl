const NH = 12u;
const HS = 64u;
const HSP = 64u;
const SPLITS = 8u;
const OUT_STRIDE = 768u;
const WG = 64u;

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

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

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
