// Half the workgroup memory and half its traffic. What is past f16's range stops at its end instead of becoming infinite.
alias tile4 = vec4h;

fn to_tile(value: vec4f) -> tile4 {
  return vec4h(clamp(value, vec4f(-65504.0), vec4f(65504.0)));
}
