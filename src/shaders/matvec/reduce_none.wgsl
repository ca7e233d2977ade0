// One lane a row: its own sum is the row's.
fn reduce(value: vec4f, local: u32) -> vec4f {
  return value;
}
