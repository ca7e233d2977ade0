// Of sample.wgsl: probabilities as whole numbers, and the cuts top-k, top-p, min-p and typical-p.
//
// Constants: BRIEF whether typical-p is left out; LAST_CUT the last of the cuts below; WG lanes of a workgroup; SLOTS slots of sums; V tokens in the vocabulary; MAX_DISTANCE the largest distance; DISTANCE_BITS bits of a distance;
//   MEAN_SHIFT bits a distance loses in the mean; LN2 ln 2 times 2^16
// Bindings: work, sampling
// From short_list.wgsl: entries, ids_of, put, shorten
// From logits.wgsl: GONE, exactly, logit_of
// From plain.wgsl: distance_scale
// From sums.wgsl: sums, clear_sums, collect, close_sums, sum_of_all, slot_holding, wide_sum_of
// From integers.wgsl: add64, sub64, less64, mul32, add96, divide96, shift96, scale_up

// The cuts in their order, each a threshold on something. One loop runs them, so that compilers meet each part once.
const TOP_K = 0u;    // the distance from the best rank, which is the pivot, one each
const TOP_P = 1u;    // the distance, by weight
const EQUALS = 2u;   // of tokens at the threshold of top-p, whose distance is the pivot: the ids above it, one each
const TYPICAL = 3u;  // the difference from the mean distance, which is the pivot, by weight

struct Threshold {
  value: u32,
  before: vec2u,
  own: vec2u,
}

var<workgroup> exp2_table: array<u32, 256>;
var<workgroup> bins_low: array<atomic<u32>, SLOTS>;
var<workgroup> bins_high: array<atomic<u32>, SLOTS>;
var<workgroup> best: atomic<u32>;
var<workgroup> shared_word: u32;  // one lane to all

// What `work` holds of these ids; GONE past the end.
fn work_of(column: u32, ids: vec4u) -> vec4u {
  let at = column * V + min(ids, vec4u(V - 1u));
  return select(vec4u(work[at.x], work[at.y], work[at.z], work[at.w]), vec4u(GONE), ids >= vec4u(V));
}

fn distance_of(highest: f32, scale: f32, logit: f32) -> u32 {
  let dist = exactly(exactly(highest - logit) * scale);
  return u32(min(dist, f32(MAX_DISTANCE)));
}

// 2^-distance as a multiple of 2^-36.
fn weight_of(dist: u32) -> vec2u {
  let whole = exp2_table[(dist >> 16u) & 0xffu];
  let linear = ((dist & 0xffffu) * LN2) >> 16u;
  let rest = linear - ((linear * linear) >> 25u);
  let mantissa = whole - (((whole >> 8u) * rest) >> 16u);
  let shift = dist >> 24u;
  if (shift > 12u) {
    return vec2u(mantissa >> (shift - 12u), 0u);
  }
  let left = 12u - shift;
  return vec2u(mantissa << left, (mantissa >> 1u) >> (31u - left));
}

fn measure(cut: u32, pivot: u32, value: u32, id: u32) -> u32 {
  switch (cut) {
    case TOP_K: {
      return value - pivot;
    }
    case EQUALS: {
      return select(GONE, V - 1u - id, value == pivot);
    }
    case TYPICAL: {
      return max(value, pivot) - min(value, pivot);
    }
    default: {
      return value;
    }
  }
}

// Adds a token to its bin.
fn add_to_bin(cut: u32, value: u32, bin: u32) {
  if (cut == TOP_K || cut == EQUALS) {
    atomicAdd(&bins_low[bin], 1u);
    return;
  }
  let weight = weight_of(value);
  let carry = u32(atomicAdd(&bins_low[bin], weight.x) > ~weight.x);
  if (weight.y + carry != 0u) {
    atomicAdd(&bins_high[bin], weight.y + carry);
  }
}

// The lowest measure such that tokens up to it weigh at least `wanted`; GONE - 1 when all together do not.
// Measures have `width` bits: no more than needed, so that tokens spread over many bins from the first round on.
fn threshold(column: u32, cut: u32, pivot: u32, wanted: vec2u, width: u32, local: u32) -> Threshold {
  var prefix = 0u;
  var rest = wanted;
  var own = vec2u();
  var before = vec2u();
  var above = width;
  while (above > 0u) {
    let bits = min(above, 8u);
    let shift = above - bits;
    workgroupBarrier();
    for (var slot = local; slot < SLOTS; slot += WG) {
      atomicStore(&bins_low[slot], 0u);
      atomicStore(&bins_high[slot], 0u);
    }
    workgroupBarrier();
    // The threshold lies in the bin of the last round: what is past that bin is cut.
    let narrows = above < width && (cut == TOP_K || cut == TOP_P);
    var left = 0u;
    for (var first = 0u; first < entries(local); first += 4u) {
      let ids = ids_of(first, local);
      let values = work_of(column, ids);
      for (var i = 0u; i < 4u; i++) {
        if (values[i] == GONE) {
          continue;
        }
        let measured = measure(cut, pivot, values[i], ids[i]);
        // What is above this round's digit, by two shifts: it may be all 32 bits.
        let digits = (measured >> shift) >> bits;
        if (narrows && digits > prefix) {
          work[column * V + ids[i]] = GONE;
          continue;
        }
        put(left, ids[i], local);
        left += 1u;
        if (measured != GONE && digits == prefix) {
          add_to_bin(cut, values[i], (measured >> shift) & ((1u << bits) - 1u));
        }
      }
    }
    shorten(left);
    workgroupBarrier();
    for (var slot = local; slot < SLOTS; slot += WG) {
      sums[slot] = vec2u(atomicLoad(&bins_low[slot]), atomicLoad(&bins_high[slot]));
    }
    let holder = slot_holding(rest, local);
    if (holder.some == 0u) {
      return Threshold(GONE - 1u, vec2u(), vec2u());
    }
    prefix = (prefix << bits) | holder.slot;
    above = shift;
    rest = sub64(rest, holder.before);
    before = add64(before, holder.before);
    own = holder.own;
  }
  return Threshold(prefix, before, own);
}

// Keeps tokens up to the limit, of those at the limit the `last` + 1 highest ids, and none below the smallest weight.
// After top-k, ranks become distances. Their weights are added up, by the slot of id mod SLOTS.
fn keep(column: u32, cut: u32, pivot: u32, limit: u32, last: u32, local: u32) {
  let highest = logit_of(pivot);
  let scale = distance_scale();
  // Min-p comes after top-p where there is one, and is not asked again after that.
  var minimum = vec2u();
  if (cut != TYPICAL && (cut == EQUALS || sampling.top_p == 0u)) {
    minimum = sampling.minimum;
  }
  clear_sums(local);
  var left = 0u;
  for (var first = 0u; first < entries(local); first += 4u) {
    let ids = ids_of(first, local);
    let values = work_of(column, ids);
    for (var i = 0u; i < 4u; i++) {
      let id = ids[i];
      var value = values[i];
      if (value == GONE) {
        continue;
      }
      // Top-p and its equals are settled together, by the distance.
      let measured = select(measure(cut, pivot, value, id), value, cut == EQUALS);
      if (cut == TOP_K) {
        value = distance_of(highest, scale, logit_of(value));
      }
      let weight = weight_of(value);
      if (measured > limit || (measured == limit && V - 1u - id > last) || less64(weight, minimum)) {
        value = GONE;
      } else {
        collect(id % SLOTS, weight);
        put(left, id, local);
        left += 1u;
      }
      work[column * V + id] = value;
    }
  }
  shorten(left);
  close_sums(local);
}

// The mean distance, rounded down to a multiple of 2^-24.
fn mean_distance(column: u32, total: vec2u, local: u32) -> u32 {
  var sum = vec3u();
  for (var first = 0u; first < entries(local); first += 4u) {
    let values = work_of(column, ids_of(first, local));
    for (var i = 0u; i < 4u; i++) {
      if (values[i] != GONE) {
        let weight = weight_of(values[i]);
        let short_dist = values[i] >> MEAN_SHIFT;
        sum = add96(sum, add64(mul32(weight.x, short_dist), vec2u(0u, weight.y * short_dist)));
      }
    }
  }
  let all = wide_sum_of(sum, local);
  if (local == 0u) {
    shared_word = divide96(shift96(all, MEAN_SHIFT), total);
  }
  return workgroupUniformLoad(&shared_word);
}

// How many of the equals at the threshold of top-p are needed to reach `wanted`; 0 when all are.
fn equals_needed(at: Threshold, wanted: vec2u, local: u32) -> u32 {
  if (local == 0u) {
    let each = weight_of(at.value);
    shared_word = 0u;
    if (!less64(sub64(add64(at.before, at.own), wanted), each)) {
      let rounded_up = add64(sub64(wanted, at.before), sub64(each, vec2u(1u, 0u)));
      shared_word = divide96(vec3u(rounded_up, 0u), each);
    }
  }
  return workgroupUniformLoad(&shared_word);
}

// The filters; the weights left are added up.
fn filtered(column: u32, top: u32, worst: u32, local: u32) {
  var wanted = vec2u();
  var at = Threshold(GONE - 1u, vec2u(), vec2u());
  for (var cut = TOP_K; cut <= LAST_CUT; cut++) {
    let total = sum_of_all();
    var pivot = 0u;
    var last = GONE;
    var width = DISTANCE_BITS;
    switch (cut) {
      case TOP_K: {
        pivot = top;
        width = max(1u, 32u - countLeadingZeros(worst - top));
        wanted = vec2u(sampling.top_k, 0u);
      }
      case TOP_P: {
        wanted = scale_up(total, sampling.top_p);
      }
      case EQUALS: {
        width = 32u - countLeadingZeros(V);
        pivot = at.value;
        if (sampling.top_p != 0u) {
          wanted = vec2u(equals_needed(at, wanted, local), 0u);
        }
      }
      default: {
        wanted = vec2u();
        if (!BRIEF && sampling.typical_p != 0u) {
          wanted = scale_up(total, sampling.typical_p);
          pivot = mean_distance(column, total, local);
        }
      }
    }
    if (any(wanted != vec2u())) {
      let found_at = threshold(column, cut, pivot, wanted, width, local);
      if (cut == EQUALS) {
        last = found_at.value;
      } else {
        at = found_at;
      }
    }
    let settled = cut == TOP_K || (cut == EQUALS && sampling.top_p != 0u) ||
      (cut == TYPICAL && sampling.typical_p != 0u);
    if (settled) {
      keep(column, cut, pivot, at.value, last, local);
    }
  }
}
