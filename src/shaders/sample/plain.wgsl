// Of sample.wgsl, where no statistic is asked for; statistics.wgsl has the same functions.
//
// Bindings: sampling

fn prepare(column: u32, top: u32, local: u32) {
}

fn distance_scale() -> f32 {
  return sampling.scale;
}

fn restrict_further(column: u32, local: u32) {
}
