// x[t] += y[t], four values a lane. Grid: (blocks of 64 vec4s, rows).
//
// Constants: STRIDE4 vec4s between rows
// Bindings: x, y

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * 64u + local;
  if (i < STRIDE4) {
    x[group.y * STRIDE4 + i] += y[group.y * STRIDE4 + i];
  }
}
