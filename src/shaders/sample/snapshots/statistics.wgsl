const V = 50257u;
const LOGITS_STRIDE = 50304u;
const CONTEXT = 1024u;
const WG = 256u;
const SLOTS = 256u;
const BRIEF = false;
const LAST_CUT = 3u;
const MAX_DISTANCE = 620756992u;
const DISTANCE_BITS = 30u;
const MEAN_SHIFT = 6u;
const SHORT = 8u;
const LN2 = 45426u;
const COLUMNS = 1u;
const MOST_DEVIATION = 16777215u;
const DEVIATION_SCALE = 4096.0f;
const MOST_SURPRISE = 64.0f;
const UNIT_SCALE = 24204406.0f;
const UNIT = 5.9604645e-8f;
const LOG2E_LOW = 494927872u;
const LOG2E_HIGH = 23637u;
const BITS_PER_NAT = 1.442695f;
const LOWEST_TEMPERATURE = 1.4901161e-8f;

struct Column {
  token: u32, // last token chosen
  position: u32, // its position in the sequence: the row of wpe, the place in the KV cache
  done: u32, // 1 after an end-of-text token
  draw: u32, // counter of the next random draw
  sequence: u32, // which KV cache, and which stream of random numbers
  chosen: u32, // the sampler's choice, taken by pick
  context_length: u32, // tokens in the context list
}

struct State {
  running: u32, // columns that are not done; kernels return at once when 0
  step: u32, // steps taken since the run began
  columns: array<Column>,
}

struct Sampling {
  flags: u32, // GREEDY, BIASED, COUNTED
  top_k: u32, // 0: off
  top_p: u32, // times 2^32; 0: off
  typical_p: u32, // times 2^32; 0: off
  minimum: vec2u, // smallest weight that min-p keeps; 0: off
  ngram: u32, // 0: off
  drawable: u32, // ids from here on are banned
  seed: u32, // of the random numbers
  scale: f32, // logit difference to distance
  penalty_down: f32, // of negative logits
  penalty_up: f32, // of positive logits
  frequency: f32, // penalty per occurrence
  presence: f32, // penalty of what occurred
  zero: u32, // a zero the compiler does not know of
  exp2: array<vec4u, 64>, // 2^(i/256), see src/sampling
}

struct Statistics {
  sigma: u32, // standard deviations times 2^16; 0: off
  dynamic: u32, // 1: the temperature follows the entropy
  exponent: u32, // of the entropy, times 2^16
  lowest: f32, // lowest dynamic temperature
  span: f32, // from there to the highest
  tau: f32, // mirostat's target in bits; 0: off
  eta: f32, // mirostat's learning rate
  ring_records: u32, // steps the ring holds
  record_size: u32, // words of one column's report
}

@group(0) @binding(0) var<storage, read> logits: array<u32>;
@group(0) @binding(1) var<storage, read_write> work: array<u32>;
@group(0) @binding(2) var<storage, read_write> token_counts: array<u32>;
@group(0) @binding(3) var<storage, read> bias: array<u32>;
@group(0) @binding(4) var<storage, read_write> context: array<u32>;
@group(0) @binding(5) var<storage, read_write> state: State;
@group(0) @binding(6) var<uniform> sampling: Sampling;
@group(0) @binding(7) var<uniform> statistics: Statistics;
@group(0) @binding(8) var<storage, read> ring: array<u32>;
@group(0) @binding(9) var<storage, read_write> mu: array<f32>;

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

// Of sample.wgsl: sums of 64 bits over SLOTS slots, of which each lane has every WG-th.
//
// Constants: WG lanes of a workgroup; SLOTS slots, 256
// From integers.wgsl: add64, add96, less64

const SLOT_GROUP = 16u;
const SLOT_GROUPS = SLOTS / SLOT_GROUP;

struct Found {
  some: u32,
  slot: u32,
  before: vec2u,  // sum of the slots that come first
  own: vec2u,     // of this slot
}

var<workgroup> sums: array<vec2u, SLOTS>;
var<workgroup> group_sums: array<vec2u, SLOT_GROUPS>;
var<workgroup> whole_sum: vec2u;
var<workgroup> found: Found;
var<workgroup> high_words: array<u32, WG>;
var<workgroup> wide_sum: vec3u;
var<private> own_sum: vec2u;

// Sums by slot: `clear_sums`, then `collect` for each number of a slot of this lane, then `close_sums`. A lane with one
// slot keeps its sum in a register.
fn clear_sums(local: u32) {
  workgroupBarrier();
  own_sum = vec2u();
  if (WG < SLOTS) {
    for (var slot = local; slot < SLOTS; slot += WG) {
      sums[slot] = vec2u();
    }
  }
}

fn collect(slot: u32, value: vec2u) {
  if (WG < SLOTS) {
    sums[slot] = add64(sums[slot], value);
  } else {
    own_sum = add64(own_sum, value);
  }
}

fn close_sums(local: u32) {
  if (WG == SLOTS) {
    sums[local] = own_sum;
  }
  add_up(local);
}

// Adds up what is in the slots: groups of them, then all.
fn add_up(local: u32) {
  workgroupBarrier();
  for (var group = local; group < SLOT_GROUPS; group += WG) {
    var run = vec2u();
    for (var i = 0u; i < SLOT_GROUP; i++) {
      run = add64(run, sums[group * SLOT_GROUP + i]);
    }
    group_sums[group] = run;
  }
  workgroupBarrier();
  if (local == 0u) {
    var run = vec2u();
    for (var group = 0u; group < SLOT_GROUPS; group++) {
      run = add64(run, group_sums[group]);
    }
    whole_sum = run;
  }
}

// The sum of all slots, in all lanes, once they are added up.
fn sum_of_all() -> vec2u {
  return workgroupUniformLoad(&whole_sum);
}

// The first slot that brings the sum to `point`, which counts from 1, once the slots are added up.
fn find_slot(point: vec2u) -> Found {
  var before = vec2u();
  var group = 0u;
  for (; group < SLOT_GROUPS; group++) {
    let through = add64(before, group_sums[group]);
    if (!less64(through, point)) {
      break;
    }
    before = through;
  }
  for (var slot = group * SLOT_GROUP; slot < SLOTS; slot++) {
    let through = add64(before, sums[slot]);
    if (!less64(through, point)) {
      return Found(1u, slot, before, sums[slot]);
    }
    before = through;
  }
  return Found(0u, 0u, vec2u(), vec2u());
}

// Adds up the slots and finds the one that holds the point, in all lanes.
fn slot_holding(point: vec2u, local: u32) -> Found {
  add_up(local);
  if (local == 0u) {
    found = find_slot(point);
  }
  return workgroupUniformLoad(&found);
}

// The sum of one number of 96 bits per lane, in all lanes; what the slots hold is lost.
fn wide_sum_of(own: vec3u, local: u32) -> vec3u {
  workgroupBarrier();
  sums[local] = own.xy;
  high_words[local] = own.z;
  workgroupBarrier();
  if (local == 0u) {
    var all = vec3u();
    for (var lane = 0u; lane < WG; lane++) {
      all = add96(all, sums[lane]);
      all.z += high_words[lane];
    }
    wide_sum = all;
  }
  return workgroupUniformLoad(&wide_sum);
}

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

// Of sample.wgsl: the options, and from logits to ranks: bias, penalties, bans.
//
// Constants: BRIEF whether penalties, bias and bans are left out; CONTEXT tokens a context list holds; WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE
//   floats between columns of logits
// Bindings: sampling, bias, token_counts, logits, work, state, context
// From sanitise.wgsl: BANNED, sanitise

const GREEDY = 1u;
const BIASED = 2u;
const COUNTED = 4u;

const GONE = 0xffffffffu;
const SEEN = 0x80000000u;    // in token_counts: the token is in the context; the rest counts its generated occurrences

// sampling.zero. Options that every token needs are loaded once: to a software adapter each load is dear.
var<private> unknown_zero: u32;

// Exact f32 arithmetic: the compiler cannot see through this, so it cannot fuse what is inside with what is outside.
fn exactly(value: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(value) ^ unknown_zero);
}

// Bits of the logit after bias and penalties.
fn processed(column: u32, id: u32, raw: u32) -> u32 {
  var value = bitcast<f32>(raw);
  var banned = raw == BANNED;
  if ((sampling.flags & BIASED) != 0u) {
    let added = bias[id];
    banned = banned || added == BANNED;
    value = exactly(value + bitcast<f32>(added));
  }
  if ((sampling.flags & COUNTED) != 0u) {
    let entry = token_counts[column * V + id];
    if (entry != 0u) {
      value = exactly(value * select(sampling.penalty_up, sampling.penalty_down, value < 0.0));
    }
    let count = entry & ~SEEN;
    if (count != 0u) {
      value = exactly(value - exactly(sampling.frequency * f32(count))) - sampling.presence;
    }
  }
  return select(sanitise(bitcast<u32>(value)), BANNED, banned);
}

// The order of ranks is the reverse order of logits.
fn rank_of(bits: u32) -> u32 {
  return select(select(bits ^ 0x7fffffffu, bits, bits >= 0x80000000u), GONE, bits == BANNED);
}

fn logit_of(rank: u32) -> f32 {
  return bitcast<f32>(select(rank ^ 0x7fffffffu, rank, rank >= 0x80000000u));
}

// Four of this lane's tokens at a time, so that four loads are under way.
fn logits_of(column: u32, first: u32) -> vec4u {
  let ids = min(vec4u(first, first + WG, first + 2u * WG, first + 3u * WG), vec4u(V - 1u));
  let at = column * LOGITS_STRIDE + ids;
  return vec4u(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
}

// Fills `work` with ranks; the best and the worst of this lane come back.
fn rank_all(column: u32, bare: bool, local: u32) -> vec2u {
  var range = vec2u(GONE, 0u);
  let drawable = sampling.drawable;
  for (var first = local; first < V; first += 4u * WG) {
    let four = logits_of(column, first);
    for (var i = 0u; i < 4u; i++) {
      let id = first + i * WG;
      if (id >= V) {
        break;
      }
      var bits = sanitise(four[i]);
      if (!BRIEF && !bare) {
        bits = processed(column, id, bits);
      }
      let rank = rank_of(select(bits, BANNED, id >= drawable));
      work[column * V + id] = rank;
      if (rank != GONE) {
        range = vec2u(min(range.x, rank), max(range.y, rank));
      }
    }
  }
  return range;
}

// Bans what would repeat an n-gram; the best rank left of this lane comes back.
fn ban_ngrams(column: u32, local: u32) -> u32 {
  let length = state.columns[column].context_length;
  let size = sampling.ngram;
  let base = column * CONTEXT;
  storageBarrier();
  for (var start = local; start + size <= length; start += WG) {
    var same = true;
    for (var i = 0u; same && i + 1u < size; i++) {
      same = context[base + start + i] == context[base + length + 1u - size + i];
    }
    let id = context[base + start + size - 1u];
    if (same && id < V) {
      work[column * V + id] = GONE;
    }
  }
  storageBarrier();
  var top = GONE;
  for (var id = local; id < V; id += WG) {
    top = min(top, work[column * V + id]);
  }
  return top;
}

// Of sample.wgsl: the ids of a lane that may still be drawn, once they are SHORT or fewer. Later passes go through these
// alone, where those before go through every WG-th of the vocabulary.
//
// Constants: WG lanes of a workgroup; V tokens in the vocabulary; SHORT ids a lane's short list holds
// From logits.wgsl: GONE

var<workgroup> short_list: array<u32, SHORT * WG>;
var<private> is_short: bool;
var<private> short_count: u32;

fn entries(local: u32) -> u32 {
  return select((max(V, local) - local + WG - 1u) / WG, short_count, is_short);
}

// Four of this lane's ids at a time; GONE past the end.
fn ids_of(first: u32, local: u32) -> vec4u {
  let places = vec4u(0u, 1u, 2u, 3u) + first;
  if (!is_short) {
    return local + places * WG;
  }
  return vec4u(listed(places.x, local), listed(places.y, local), listed(places.z, local), listed(places.w, local));
}

fn listed(place: u32, local: u32) -> u32 {
  if (place < short_count) {
    return short_list[local * SHORT + place];
  }
  return GONE;
}

// Remembers the id as this lane's `count`-th.
fn put(count: u32, id: u32, local: u32) {
  if (count < SHORT) {
    short_list[local * SHORT + count] = id;
  }
}

// From now on only the `count` ids that were put are gone through, if there was room for them.
fn shorten(count: u32) {
  if (count <= SHORT) {
    is_short = true;
    short_count = count;
  }
}

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

// Chooses one token per column, one workgroup each, as src/sampling does on the CPU, number for number: probabilities
// are whole numbers (weights), so sums are exact in any order. Nothing is sorted: each cut is a threshold found by
// at most four passes of 256 bins, most significant digit first.
//
// `work` holds one number per token, GONE for what is banned or cut; lower is likelier. At first it is the rank: the
// bits of the logit in reverse order. Once top-k is through it is the distance to the likeliest token, in bits of
// probability times 2^24.
//
// Barriers are in uniform control flow only: what decides a branch around one comes from the uniform buffer or
// through workgroupUniformLoad.
//
// Constants: BRIEF whether penalties, bans and typical-p are left out; CONTEXT tokens a context list holds; WG lanes of a workgroup; SLOTS slots of sums; V tokens in the vocabulary
// Bindings: work, state, sampling, token_counts, context
// From logits.wgsl: GONE, COUNTED, SEEN, GREEDY, unknown_zero, rank_all, ban_ngrams
// From cuts.wgsl: best, shared_word, exp2_table, weight_of, filtered
// From plain.wgsl: prepare, restrict_further
// From sums.wgsl: sums, sum_of_all, slot_holding
// From integers.wgsl: philox, add64, scale_down, sub64

// The lowest of one number per lane, in all lanes.
fn lowest(value: u32, local: u32) -> u32 {
  workgroupBarrier();
  if (local == 0u) {
    atomicStore(&best, GONE);
  }
  workgroupBarrier();
  atomicMin(&best, value);
  workgroupBarrier();
  if (local == 0u) {
    shared_word = atomicLoad(&best);
  }
  return workgroupUniformLoad(&shared_word);
}

fn first_with_rank(column: u32, rank: u32, local: u32) -> u32 {
  var first = GONE;
  for (var id = local; id < V && first == GONE; id += WG) {
    if (work[column * V + id] == rank) {
      first = id;
    }
  }
  return lowest(first, local);
}

// The token that a random number points at. Tokens lie on the line in the order of (id mod SLOTS, id): first the slot
// of the weights is found, then the token among those of that slot.
fn draw(column: u32, local: u32) -> u32 {
  let bits = philox(vec4u(state.columns[column].draw, state.columns[column].sequence, 0u, 0u), sampling.seed);
  storageBarrier();
  // Points count from 1.
  var point = add64(scale_down(sum_of_all(), bits), vec2u(1u, 0u));
  let residue = slot_holding(point, local);
  point = sub64(point, residue.before);
  for (var first = residue.slot; first < V; first += SLOTS * SLOTS) {
    workgroupBarrier();
    for (var slot = local; slot < SLOTS; slot += WG) {
      let id = first + slot * SLOTS;
      var own = vec2u();
      if (id < V) {
        let dist = work[column * V + id];
        if (dist != GONE) {
          own = weight_of(dist);
        }
      }
      sums[slot] = own;
    }
    let holder = slot_holding(point, local);
    if (holder.some != 0u) {
      return first + holder.slot * SLOTS;
    }
    point = sub64(point, sum_of_all());
  }
  return 0u;
}

// Remembers the choice for pick, and for the penalties of the next step.
fn choose(column: u32, token: u32) {
  state.columns[column].chosen = token;
  if (BRIEF) {
    return;
  }
  if ((sampling.flags & COUNTED) != 0u) {
    token_counts[column * V + token] = (token_counts[column * V + token] | SEEN) + 1u;
  }
  let length = state.columns[column].context_length;
  if (sampling.ngram != 0u && length < CONTEXT) {
    context[column * CONTEXT + length] = token;
    state.columns[column].context_length = length + 1u;
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let column = group.x;
  if (local == 0u) {
    shared_word = u32(state.running == 0u || state.columns[column].done != 0u);
  }
  if (workgroupUniformLoad(&shared_word) != 0u) {
    return;
  }
  unknown_zero = sampling.zero;
  for (var i = local; i < 256u; i += WG) {
    exp2_table[i] = sampling.exp2[i / 4u][i % 4u];
  }
  var top = GONE;
  var worst = 0u;
  var greedy = !BRIEF && (sampling.flags & GREEDY) != 0u;
  // When everything is banned, the likeliest of all is taken instead.
  for (var bare = 0u; bare < 2u && top == GONE; bare++) {
    let range = rank_all(column, bare == 1u, local);
    top = range.x;
    if (bare == 1u) {
      greedy = true;
    } else if (!BRIEF && sampling.ngram != 0u) {
      top = ban_ngrams(column, local);
    }
    top = lowest(top, local);
    worst = ~lowest(~range.y, local);
  }
  prepare(column, top, local);
  var token = 0u;
  if (greedy) {
    token = first_with_rank(column, top, local);
  } else {
    filtered(column, top, worst, local);
    restrict_further(column, local);
    token = draw(column, local);
  }
  if (local == 0u) {
    // Nothing but NaN: any token is as good.
    choose(column, select(token, 0u, token >= V));
  }
}
