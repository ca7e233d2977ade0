// Raw checkpoint elements -> f32 rows: vectors and position embeddings. One lane an element.
//
// Bindings: params, out
// From convert.ts: element

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + local;
  if (i >= params.count) {
    return;
  }
  let at = params.first + i;
  out[params.offset + (at / params.columns) * params.stride + at % params.columns] = element(i);
}
