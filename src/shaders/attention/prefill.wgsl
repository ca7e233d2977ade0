// Causal attention of rows over the keys and values of their sequences, their own among them: out[t][h * HS + d].
//
// Workgroup (head, block of WG * QT queries). A lane carries QT neighbouring queries: their q and their weighted values
// stay in registers, and each key and value it loads serves all of them. Keys come KEYS at a time, with one rescaling of
// the running softmax for all of them. A lane ends with its last query's own position; keys past an earlier one's count
// nothing. No workgroup memory, no barrier.
//
// Constants: HS size of a head; HS4 vec4s of a padded head; OUT_STRIDE floats between rows of out; WG lanes of a
//   workgroup; QKV_STRIDE4 vec4s between rows of qkv; QT queries a lane carries; KEYS keys between two rescalings
// Bindings: params, qkv, layer, out
// From kv-source.ts: load_kv, key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE,
//   VALUE_POSITION_STRIDE
// From address.ts: position_of, sequence_of

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let start = (group.y * WG + local) * QT;
  if (start >= params.count) {
    return;
  }
  let last = position_of(min(start + QT, params.count) - 1u);
  let keys = key_base(sequence_of(start), head);
  let vals = value_base(sequence_of(start), head);
  #unroll q QT
  let row_$q = min(start + $qu, params.count - 1u);
  let position_$q = position_of(row_$q);
  var biggest_$q = -3.0e38;
  var sum_$q = 0.0;
  #unroll d HS4
  let q_$q_$d = qkv[row_$q * QKV_STRIDE4 + head * HS4 + $du] * layer.scale;
  var o_$q_$d = vec4f();
  #end
  #end
  for (var first = 0u; first <= last; first += KEYS) {
    #unroll j KEYS
    let key_$j = min(first + $ju, last);
    #unroll q QT
    var s_$q_$j = 0.0;
    #end
    #unroll d HS4
    {
      let k = load_kv(keys + $du * KEY_DIM_STRIDE + key_$j * KEY_POSITION_STRIDE);
      #unroll q QT
      s_$q_$j += dot(q_$q_$d, k);
      #end
    }
    #end
    #end
    #unroll q QT
    var top_$q = biggest_$q;
    #unroll j KEYS
    s_$q_$j = select(-3.0e38, s_$q_$j, first + $ju <= position_$q);
    top_$q = max(top_$q, s_$q_$j);
    #end
    let shrink_$q = exp(biggest_$q - top_$q);
    biggest_$q = top_$q;
    sum_$q *= shrink_$q;
    #unroll j KEYS
    let p_$q_$j = exp(s_$q_$j - top_$q);
    sum_$q += p_$q_$j;
    #end
    #end
    #unroll d HS4
    #unroll q QT
    o_$q_$d *= shrink_$q;
    #end
    #unroll j KEYS
    {
      let v = load_kv(vals + $du * VALUE_DIM_STRIDE + key_$j * VALUE_POSITION_STRIDE);
      #unroll q QT
      o_$q_$d += p_$q_$j * v;
      #end
    }
    #end
    #end
  }
  #unroll q QT
  if (start + $qu < params.count) {
    let at = row_$q * OUT_STRIDE + head * HS;
    #unroll d HS4
    {
      let value = o_$q_$d / sum_$q;
      #unroll e 4
      if (4u * $du + $eu < HS) {
        out[at + 4u * $du + $eu] = value[$eu];
      }
      #end
    }
    #end
  }
  #end
}
