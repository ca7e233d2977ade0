// Whole numbers of 64 bits as (low, high), and of 96 bits as (low, middle, high).

fn add64(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + u32(low < a.x));
}

fn sub64(a: vec2u, b: vec2u) -> vec2u {
  return vec2u(a.x - b.x, a.y - b.y - u32(a.x < b.x));
}

fn less64(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// The whole product of two words.
fn mul32(a: u32, b: u32) -> vec2u {
  let middle = (a >> 16u) * (b & 0xffffu) + (((a & 0xffffu) * (b & 0xffffu)) >> 16u);
  let cross = (a & 0xffffu) * (b >> 16u) + (middle & 0xffffu);
  return vec2u(a * b, (a >> 16u) * (b >> 16u) + (middle >> 16u) + (cross >> 16u));
}

// floor(total * fraction / 2^32)
fn scale_down(total: vec2u, fraction: u32) -> vec2u {
  return add64(mul32(total.y, fraction), vec2u(mul32(total.x, fraction).y, 0u));
}

// ceil(total * fraction / 2^32)
fn scale_up(total: vec2u, fraction: u32) -> vec2u {
  return add64(scale_down(total, fraction), vec2u(u32(total.x * fraction != 0u), 0u));
}

fn add96(a: vec3u, b: vec2u) -> vec3u {
  let low = add64(a.xy, b);
  return vec3u(low, a.z + u32(less64(low, b)));
}

fn shift96(a: vec3u, bits: u32) -> vec3u {
  let up = 32u - bits;
  return vec3u(a.x << bits, (a.y << bits) | (a.x >> up), (a.z << bits) | (a.y >> up));
}

// floor(a / b) for quotients of one word and b below 2^63, a bit at a time.
fn divide96(a: vec3u, b: vec2u) -> u32 {
  var rest = vec2u();
  var quotient = 0u;
  for (var bit = 95i; bit >= 0i; bit--) {
    let place = u32(bit);
    let next = (a[place / 32u] >> (place % 32u)) & 1u;
    rest = vec2u((rest.x << 1u) | next, (rest.y << 1u) | (rest.x >> 31u));
    quotient = quotient << 1u;
    if (!less64(rest, b)) {
      rest = sub64(rest, b);
      quotient |= 1u;
    }
  }
  return quotient;
}

// The first word of Philox4x32-10 under the key (seed, 0).
fn philox(counter: vec4u, seed: u32) -> u32 {
  var c = counter;
  var key = vec2u(seed, 0u);
  for (var round = 0u; round < 10u; round++) {
    let first = mul32(0xd2511f53u, c.x);
    let second = mul32(0xcd9e8d57u, c.z);
    c = vec4u(second.y ^ c.y ^ key.x, second.x, first.y ^ c.w ^ key.y, first.x);
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c.x;
}
