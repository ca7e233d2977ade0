// x[t] = activate(x[t]), in place. Grid: (blocks of 64 values, rows).
//
// Constants: WIDTH values of a row; STRIDE floats between rows
// Bindings: x
// From epilogue/activation.wgsl: activate

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * 64u + local;
  if (i < WIDTH) {
    x[group.y * STRIDE + i] = activate(x[group.y * STRIDE + i]);
  }
}
