// Of sample.wgsl: top-n-sigma, dynamic temperature and mirostat, as src/sampling/statistics.ts has them.
//
// Constants: COLUMNS sequences side by side; WG lanes of a workgroup; SLOTS slots of sums; V tokens in the vocabulary; MAX_DISTANCE the largest
//   distance; MEAN_SHIFT bits a distance loses in the mean; MOST_DEVIATION of a logit; DEVIATION_SCALE its unit; MOST_SURPRISE
//   bound of mu; UNIT_SCALE distance of a logit at temperature 1; UNIT 2^-24; LOG2E_LOW log2(e) times 2^46, low word;
//   LOG2E_HIGH high word; BITS_PER_NAT;
//   LOWEST_TEMPERATURE
// Bindings: work, state, sampling, statistics, ring, mu
// From sample.wgsl: lowest
// From logits.wgsl: GONE, exactly, logit_of
// From cuts.wgsl: distance_of, weight_of
// From sums.wgsl: clear_sums, collect, close_sums, sum_of_all, wide_sum_of
// From integers.wgsl: add64, add96, divide96, less64, mul32, shift96

const ONE = 0x1000000u;  // 1 as a multiple of 2^-24

var<workgroup> scale_now: f32;
var<workgroup> mu_now: f32;

fn distance_scale() -> f32 {
  return scale_now;
}

fn sum_of(own: vec2u, local: u32) -> vec2u {
  clear_sums(local);
  collect(local, own);
  close_sums(local);
  return sum_of_all();
}

// log2 as a multiple of 2^-24.
fn log2_fixed(value: vec2u) -> u32 {
  var whole = 31u - min(31u, countLeadingZeros(value.x));
  var mantissa = value.x << (31u - whole);
  if (value.y != 0u) {
    let up = 32u - countLeadingZeros(value.y);
    whole = 31u + up;
    mantissa = (value.x >> up) | (value.y << (32u - up));
  }
  var log = whole;
  for (var bit = 0u; bit < 24u; bit++) {
    let square = mul32(mantissa, mantissa);
    let carry = square.y >> 31u;
    mantissa = select((square.y << 1u) | (square.x >> 31u), square.y, carry == 1u);
    log = 2u * log + carry;
  }
  return log;
}

// floor(a / b) for b below 2^31.
fn divide_wide(a: vec3u, b: u32) -> vec2u {
  var rest = 0u;
  var quotient = vec2u();
  for (var bit = 95i; bit >= 0i; bit--) {
    let place = u32(bit);
    rest = (rest << 1u) | ((a[place / 32u] >> (place % 32u)) & 1u);
    quotient = vec2u(quotient.x << 1u, (quotient.y << 1u) | (quotient.x >> 31u));
    if (rest >= b) {
      rest -= b;
      quotient.x |= 1u;
    }
  }
  return quotient;
}

fn square_root(value: vec2u) -> u32 {
  var root = 0u;
  for (var bit = 31i; bit >= 0i; bit--) {
    let tried = root | (1u << u32(bit));
    if (!less64(value, mul32(tried, tried))) {
      root = tried;
    }
  }
  return root;
}

fn deviation_of(highest: f32, rank: u32) -> u32 {
  return u32(min(exactly(highest - logit_of(rank)) * DEVIATION_SCALE, f32(MOST_DEVIATION)));
}

// How many tokens are left.
fn count_left(column: u32, local: u32) -> u32 {
  var count = 0u;
  for (var id = local; id < V; id += WG) {
    count += u32(work[column * V + id] != GONE);
  }
  return sum_of(vec2u(count, 0u), local).x;
}

fn cut_sigma(column: u32, top: u32, local: u32) {
  let highest = logit_of(top);
  let count = max(1u, count_left(column, local));
  var sum = vec2u();
  for (var id = local; id < V; id += WG) {
    let rank = work[column * V + id];
    if (rank != GONE) {
      sum = add64(sum, vec2u(deviation_of(highest, rank), 0u));
    }
  }
  let mean = divide_wide(vec3u(sum_of(sum, local), 0u), count).x;
  var squares = vec3u();
  for (var id = local; id < V; id += WG) {
    let rank = work[column * V + id];
    if (rank != GONE) {
      let deviation = deviation_of(highest, rank);
      let off = max(deviation, mean) - min(deviation, mean);
      squares = add96(squares, mul32(off, off));
    }
  }
  let variance = divide_wide(wide_sum_of(squares, local), count);
  let sigma = square_root(vec2u(variance.x << 16u, (variance.y << 16u) | (variance.x >> 16u)));
  let scaled = mul32(sigma, statistics.sigma);
  let limit = select((scaled.y << 8u) | (scaled.x >> 24u), GONE, scaled.y >= ONE);
  for (var id = local; id < V; id += WG) {
    let rank = work[column * V + id];
    if (rank != GONE && deviation_of(highest, rank) > limit) {
      work[column * V + id] = GONE;
    }
  }
}

// Entropy over its maximum, as a multiple of 2^-24. At least two tokens are left, and the scale is that of temperature 1.
fn entropy_share(column: u32, top: u32, count: u32, local: u32) -> u32 {
  let highest = logit_of(top);
  let scale = distance_scale();
  var weights = vec2u();
  var weighted = vec3u();
  for (var id = local; id < V; id += WG) {
    let rank = work[column * V + id];
    if (rank != GONE) {
      let dist = distance_of(highest, scale, logit_of(rank));
      let weight = weight_of(dist);
      let short_dist = dist >> MEAN_SHIFT;
      weights = add64(weights, weight);
      weighted = add96(weighted, add64(mul32(weight.x, short_dist), vec2u(0u, weight.y * short_dist)));
    }
  }
  let total = sum_of(weights, local);
  let mean = divide96(shift96(wide_sum_of(weighted, local), MEAN_SHIFT), total);
  let entropy = mean + log2_fixed(total) - 36u * ONE;
  let greatest = log2_fixed(vec2u(count, 0u));
  return min(ONE, divide96(vec3u(entropy << 24u, entropy >> 8u, 0u), vec2u(greatest, 0u)));
}

// share ^ (exponent / 2^16)
fn raised(share: u32, exponent: u32) -> u32 {
  if (share == 0u || exponent == 0x10000u) {
    return share;
  }
  let scaled = mul32(24u * ONE - log2_fixed(vec2u(share, 0u)), exponent);
  let dist = select((scaled.y << 16u) | (scaled.x >> 16u), MAX_DISTANCE, scaled.y >= 0x10000u);
  let weight = weight_of(min(MAX_DISTANCE, dist));
  return (weight.y << 20u) | (weight.x >> 12u);
}

// log2(e) / temperature at 2^-24 a unit, without a division of floats, which devices round differently.
fn scale_of(temperature: f32) -> f32 {
  let bits = bitcast<u32>(max(LOWEST_TEMPERATURE, temperature));
  let mantissa = (bits & 0x7fffffu) | 0x800000u;
  let quotient = divide96(vec3u(LOG2E_LOW, LOG2E_HIGH, 0u), vec2u(mantissa, 0u));
  return f32(quotient) * bitcast<f32>((255u - (bits >> 23u)) << 23u);
}

fn set_dynamic_scale(column: u32, top: u32, local: u32) {
  let count = count_left(column, local);
  if (count < 2u) {
    return;
  }
  if (local == 0u) {
    scale_now = UNIT_SCALE;
  }
  workgroupBarrier();
  let share = raised(entropy_share(column, top, count, local), statistics.exponent);
  if (local == 0u) {
    let moved = exactly(statistics.span * (f32(share) * UNIT));
    scale_now = scale_of(exactly(statistics.lowest + moved));
  }
}

// Moves mirostat's limit by what the last token's log-probability says.
fn move_mu(column: u32) {
  var now = mu[column];
  if (state.step > 0u) {
    let record = ((state.step - 1u) % statistics.ring_records) * COLUMNS + column;
    let logprob = bitcast<f32>(ring[record * statistics.record_size + 1u]);
    let surprise = min(MOST_SURPRISE, exactly(-logprob * BITS_PER_NAT));
    let moved = exactly(statistics.eta * exactly(surprise - statistics.tau));
    now = min(MOST_SURPRISE, max(-MOST_SURPRISE, exactly(now - moved)));
    mu[column] = now;
  }
  mu_now = now;
}

fn prepare(column: u32, top: u32, local: u32) {
  if (local == 0u) {
    scale_now = sampling.scale;
    if (statistics.tau > 0.0) {
      move_mu(column);
    }
  }
  if (statistics.sigma != 0u) {
    cut_sigma(column, top, local);
  }
  if (statistics.dynamic != 0u) {
    set_dynamic_scale(column, top, local);
  }
  workgroupBarrier();
}

// Mirostat: keeps tokens whose surprise is at most mu, at least the likeliest.
fn restrict_further(column: u32, local: u32) {
  if (statistics.tau == 0.0) {
    return;
  }
  let total = i32(log2_fixed(sum_of_all())) - i32(36u * ONE);
  var least = GONE;
  for (var id = local; id < V; id += WG) {
    least = min(least, work[column * V + id]);
  }
  least = lowest(least, local);
  let limit = u32(max(i32(least), i32(floor(workgroupUniformLoad(&mu_now) * 16777216.0)) - total));
  clear_sums(local);
  for (var id = local; id < V; id += WG) {
    let dist = work[column * V + id];
    if (dist > limit) {
      work[column * V + id] = GONE;
    } else {
      collect(id % SLOTS, weight_of(dist));
    }
  }
  close_sums(local);
}
