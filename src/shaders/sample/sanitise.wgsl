// Of sample.wgsl and first.wgsl: logits that the samplers can work with.

const BANNED = 0xff800000u;  // bits of -infinity
const LIMIT = 0x7149f2cau;   // bits of 1e30

// Bits of a logit the samplers can work with; see `sanitise` in src/sampling.
fn sanitise(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u || bits == BANNED) {
    return BANNED;
  }
  if (magnitude < 0x00800000u) {
    return 0u;
  }
  return select(bits, (bits & 0x80000000u) | LIMIT, magnitude > LIMIT);
}
