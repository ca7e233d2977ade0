alias tile4 = vec4f;

fn to_tile(value: vec4f) -> tile4 {
  return value;
}
