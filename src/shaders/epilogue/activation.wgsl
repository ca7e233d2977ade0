// The MLP's activation; ACTIVATION is the index in activation.ts.
// tanh overflows to NaN on some drivers for large arguments, and is 1 in f32 long before 15.
//
// Constants: ACTIVATION index in activations

fn safe_tanh(x: f32) -> f32 {
  return tanh(clamp(x, -15.0, 15.0));
}

fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-clamp(x, -80.0, 80.0)));
}

// erf to 1.5e-7 absolute: its power series near zero, Abramowitz and Stegun 7.1.26 elsewhere.
fn erf(x: f32) -> f32 {
  let a = abs(x);
  if (a < 0.5) {
    let z = x * x;
    let series = 1.0 - z * (1.0 / 3.0 - z * (0.1 - z * (1.0 / 42.0 - z * (1.0 / 216.0 - z / 1320.0))));
    return 1.1283791670955126 * x * series;
  }
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - poly * exp(-min(a * a, 80.0)));
}

fn activate(x: f32) -> f32 {
  switch ACTIVATION {
    case 0u: { return 0.5 * x * (1.0 + safe_tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))); }
    case 1u: { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }
    case 2u: { return x * sigmoid(1.702 * x); }
    case 3u: { return max(x, 0.0); }
    case 4u: { return x * sigmoid(x); }
    default: { return safe_tanh(x); }
  }
}
