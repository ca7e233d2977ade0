// The number of a lane in a grid of workgroups of 64 that continues in y where x has no room: what `grid1d` gives.

struct Grid {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
}

fn lane_of(grid: Grid) -> u32 {
  return (grid.group.y * grid.groups.x + grid.group.x) * 64u + grid.local;
}
